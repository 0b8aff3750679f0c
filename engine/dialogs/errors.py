"""DialogError: why a dialog cannot be had."""


class DialogError(Exception):
    """A dialog cannot be made, loaded or started.

    *reason* is one sentence for a person. URIs in it have neither user info nor query.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
