"""Grammars of keys: SRGS and the built-in ones, and what a key makes of them.

Pure. It may use what both languages share.
"""
