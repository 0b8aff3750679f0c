"""Tasks of the event loop with an owner: short ones nobody awaits, and endless ones.

It may use nothing but asyncio and the log: all rooms stand on it.
"""
