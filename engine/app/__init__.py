"""One process: put together, started, drained, stopped; and its child processes.

This room alone knows all others, and decides in which order they start and end. It holds
no rule about calls, HTTP or documents: what has one belongs to its room.
"""
