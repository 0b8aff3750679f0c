"""Settings, TOML files and their mistakes, how the log is set up, and what it must not say.

It may use no other room of the engine.
"""
