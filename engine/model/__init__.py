"""What is said of a call: request, result, state of its leg, call progress, record, fault.

Pure values and rules, without a clock, a task or a file. It may use SIP's events alone.
"""
