"""Campaigns: lists of contacts that are called once each, in their hours, at the right pace.

What may be called when, how often and how fast is decided by pure rules, which get the time
as an argument; beside them stands one runner, which reserves attempts in the database, has
the dialer place them, and settles them by their records. It may use the dialer and all that
the dialer uses. It must never know HTTP or the command line, nor place a call whose attempt
is not committed.
"""
