"""The error that PJSIP raises, for what we refuse before PJSIP sees it."""

import pjsua2 as pj


def make_error(reason: str) -> pj.Error:
    """Return an error as PJSIP raises it, with *reason* in words."""
    return pj.Error(0, "send", reason, "", 0)
