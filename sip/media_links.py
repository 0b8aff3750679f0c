"""Who shall hear whom: wishes that stand until one of the two legs ends. Pure."""

from collections.abc import Collection

from .events import LegId

Link = tuple[LegId, LegId]
"""A source and its listener: one direction."""


class MediaLinks:
    """The links that are wanted, whether or not media makes them possible now."""

    def __init__(self) -> None:
        self._by_leg: dict[LegId, set[Link]] = {}  # each link under both of its legs

    def add(self, link: Link) -> bool:
        """Want *link*; False if it is wanted already."""
        if link in self.of(link[0]):
            return False
        for leg in link:
            self._by_leg.setdefault(leg, set()).add(link)
        return True

    def remove(self, link: Link) -> bool:
        """Want *link* no longer; False if it was not wanted."""
        if link not in self.of(link[0]):
            return False
        for leg in set(link):
            links = self._by_leg[leg]
            links.discard(link)
            if not links:
                del self._by_leg[leg]
        return True

    def of(self, leg: LegId) -> Collection[Link]:
        """All links from and to *leg*."""
        return self._by_leg.get(leg, ())

    def forget(self, leg: LegId) -> None:
        """*leg* has ended, and all of its links with it."""
        for link in tuple(self.of(leg)):
            self.remove(link)
