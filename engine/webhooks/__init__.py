"""Webhooks: delivers events of the log to the webhooks of the platform, signed, in order.

What is tried when is decided without waiting; one task for each webhook reads the log, and
posts. It may use the event log, the store, and the rules of fetching; it must never know a
call, or who asks for anything by HTTP.
"""
