"""The role of a process on a platform of many."""

from enum import StrEnum


class Role(StrEnum):
    """What a process does on a platform of many processes."""

    ALL = "all"  # takes requests, and carries calls
    FRONT = "front"  # takes requests
    NODE = "node"  # carries calls
