"""outring: an outbound dialer with an HTTP API, in rooms that stand on each other.

``tests/test_architecture.py`` holds the order of the rooms: a module imports its own room
and rooms below it. `docs/architecture.md` shows what each is for.
"""
