"""Documents, and callers of audio streams, run without a network and in time that is a
number, for authors and for tests.

It may use the interpreters, the dialogs and the applications' pure parts. It must never
open a socket, start a thread or look at a clock.
"""
