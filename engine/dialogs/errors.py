"""Why there is no dialog: DialogError."""


class DialogError(Exception):
    """A dialog cannot be had; *reason* is one sentence, without user info and query."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
