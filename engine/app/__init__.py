"""One process: put together, started, drained and stopped; and its child processes.

This room alone knows all others, and decides in which order they start and stop. It holds
no rule about calls, HTTP or documents: such a rule belongs to the room that it is about.
"""
