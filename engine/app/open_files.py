"""Open files: how many this process may have, and how many of them clients may take.

Calls come first: each needs two sockets for its RTP and RTCP, and one that gets none fails.
"""

import resource
import sys

FILES_OF_A_CALL = 2
FILES_BESIDE = 512
"""Kept for all else: the database, Redis, fetches, sounds, recordings, calls that end late."""
CLIENTS_SHARE = 4
"""Of all files a quarter is for clients, however few there are: who could ask otherwise?"""


def raise_file_limit() -> int:
    """Let this process open as many files as the system allows; how many that are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def connections_that_fit(wanted: int, files: int, calls: int) -> int:
    """How many of *wanted* HTTP connections *files* allow beside so many *calls* at once."""
    left = files - FILES_OF_A_CALL * calls - FILES_BESIDE
    return min(wanted, max(left, files // CLIENTS_SHARE))
