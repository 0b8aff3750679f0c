"""MediaLinks: which leg is to hear which, until one of the two ends. Pure."""

from collections.abc import Collection

from .events import LegId

Link = tuple[LegId, LegId]
"""A source and its listener: one direction."""


class MediaLinks:
    """The links that are requested, whether or not both legs have media at the moment."""

    def __init__(self) -> None:
        self._by_leg: dict[LegId, set[Link]] = {}  # each link under both of its legs

    def add(self, link: Link) -> bool:
        """Add *link*; False if it is there already."""
        if link in self.of(link[0]):
            return False
        for leg in link:
            self._by_leg.setdefault(leg, set()).add(link)
        return True

    def remove(self, link: Link) -> bool:
        """Remove *link*; False if it is not there."""
        if link not in self.of(link[0]):
            return False
        for leg in set(link):
            links = self._by_leg[leg]
            links.discard(link)
            if not links:
                del self._by_leg[leg]
        return True

    @property
    def legs(self) -> Collection[LegId]:
        """All legs that have a link."""
        return self._by_leg.keys()

    def of(self, leg: LegId) -> Collection[Link]:
        """Return all links from and to *leg*."""
        return self._by_leg.get(leg, ())

    def forget(self, leg: LegId) -> None:
        """Remove all links of *leg*, which has ended."""
        for link in tuple(self.of(leg)):
            self.remove(link)
