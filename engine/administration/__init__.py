"""The provisioned objects shown, added, changed, and applied from a file.

It may use the store and the platform's objects. It must never know calls: what changes
here is found by the next request.
"""
