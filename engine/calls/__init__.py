"""One call from its slots to its end, and all live calls of this process.

It may use admission, records, the platform's trunks and the user agent. It must never know
what an application does with a call, nor who asked for it.
"""
