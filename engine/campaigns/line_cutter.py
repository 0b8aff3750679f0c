"""Lines out of pieces of a body, numbered, in batches. Pure."""

MAX_LINE_BYTES = 65_536


class LineCutter:
    """Cuts what comes in pieces into numbered lines, the first of which is 1.

    ``lines`` are those that are complete; whoever takes some removes them. ``count`` is how many
    there were.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self._rest = b""
        self.count = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            ValueError: A line has more than ``MAX_LINE_BYTES`` bytes. The text is a sentence.
        """
        *whole, rest = piece.split(b"\n")
        if whole:
            whole[0] = self._rest + whole[0]
            self._rest = rest
        else:
            self._rest += rest
        longest = max(map(len, (*whole, self._rest)))
        if longest > MAX_LINE_BYTES:
            raise ValueError(f"A line has more than {MAX_LINE_BYTES} bytes.")
        first = self.count + 1
        self.count += len(whole)
        self.lines.extend(enumerate(whole, first))

    def end(self) -> None:
        """Take what is left as the last line."""
        if self._rest:
            self.feed(b"\n")
            self._rest = b""

    def take(self, most: int) -> list[tuple[int, bytes]]:
        """Remove and return at most *most* lines, the first ones."""
        taken, self.lines = self.lines[:most], self.lines[most:]
        return taken
