"""Why there is no sound: SoundError."""


class SoundError(Exception):
    """Something cannot be played; *reason* is one sentence, without user info and query."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
