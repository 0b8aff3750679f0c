"""Lines out of pieces of a body, numbered, in batches. Pure."""

MAX_LINE_BYTES = 65_536
_KEPT = MAX_LINE_BYTES + 1


def check_length(line: bytes) -> bytes:
    """Return *line*, which a ``LineCutter`` has cut.

    Raises:
        ValueError: It has more than ``MAX_LINE_BYTES`` bytes. The text is a sentence.
    """
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"The line has more than {MAX_LINE_BYTES} bytes.")
    return line


class LineCutter:
    """Cuts what comes in pieces into numbered lines, the first of which is 1.

    Of a line that is too long a byte more than ``MAX_LINE_BYTES`` is kept, however long it is:
    ``check_length`` finds it by that. ``lines`` are those that are complete; whoever takes some removes them. ``count`` is how many
    there were.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self._rest = b""
        self.count = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        *whole, rest = piece.split(b"\n")
        if whole:
            whole[0] = self._rest + whole[0]
            self._rest = b""
        self._rest = (self._rest + rest)[:_KEPT]
        first = self.count + 1
        self.count += len(whole)
        self.lines.extend(
            (number, it[:_KEPT]) for number, it in enumerate(whole, first)
        )

    def end(self) -> None:
        """Take what is left as the last line."""
        if self._rest:
            self.feed(b"\n")
            self._rest = b""

    def take(self, most: int) -> list[tuple[int, bytes]]:
        """Remove and return at most *most* lines, the first ones."""
        taken, self.lines = self.lines[:most], self.lines[most:]
        return taken
