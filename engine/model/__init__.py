"""Values about a call: request, result, leg state, call progress, record, fault.

Pure: no clock, task or file. It may use SIP's events alone.
"""
