"""Tasks of the event loop that have an owner: those that nobody awaits, and those for ever.

It may use nothing but asyncio and the log: all rooms stand on it.
"""
