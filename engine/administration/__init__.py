"""Administration: the provisioned objects are shown, added, changed, and applied from a file.

It may use the store and the platform's objects. It must never know calls: the next request
finds what has changed here.
"""
