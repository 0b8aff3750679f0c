"""Grammars for keys: SRGS and the built-in ones, and how input is matched.

Pure. It may use what both languages share.
"""
