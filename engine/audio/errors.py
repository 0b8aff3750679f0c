"""SoundError: why a sound cannot be played."""


class SoundError(Exception):
    """A sound cannot be played. ``reason`` is one sentence without user info and query of a URI."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
