"""A fuzz harness for the far end: what a callee, a stranger or a broken network may send.

``python -m tests.fuzz`` runs it; ``docs/fuzzing.md`` tells how, and what came of it.
"""
