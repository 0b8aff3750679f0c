"""Recordings of whole calls: their folder, their rows, and their way into a store of objects.

What becomes of a recording when is decided in the model, from its entry alone; this room
does it: one task keeps the rows, uploads, and deletes what has been kept for long enough. It
may use the database, settings and metrics. It must never know a call, nor who asks for it.
"""
