"""Open files: how many this process may have, and how many HTTP clients may take.

Calls come first: each needs two sockets, for RTP and RTCP, and fails without them.
"""

import resource
import sys

FILES_OF_A_CALL = 2
FILES_BESIDE = 512
"""For everything else: database, Redis, fetches, sounds, recordings, calls that end late."""
CLIENTS_SHARE = 4
"""A quarter of all files is for clients, however few there are: nobody could ask otherwise."""


def raise_file_limit() -> int:
    """Raise the limit on open files of this process to its hard limit, and return that."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def connections_that_fit(wanted: int, files: int, calls: int) -> int:
    """How many HTTP connections may be open, at most *wanted*.

    *files* is how many files may be open, *calls* how many calls at once.
    """
    left = files - FILES_OF_A_CALL * calls - FILES_BESIDE
    return min(wanted, max(left, files // CLIENTS_SHARE))
