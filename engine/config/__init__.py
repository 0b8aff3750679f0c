"""Settings, TOML files and their mistakes, the log's configuration and its redaction.

It may use no other room of the engine.
"""
