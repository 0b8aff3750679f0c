"""Conferences: the conferences of one session, and joins among its connections."""

from ccxml import commands as c

from .media_graph import BridgeError
from .session_context import Actions, SessionContext


class Conferences:
    """Carries out ``createconference``, ``destroyconference``, ``join`` and ``unjoin``
    (CCXML 1.0, chapter 10).

    Conferences with a name are shared by all sessions of the same account on this node.
    """

    def __init__(self, session: SessionContext) -> None:
        self._session = session
        self._media = session.services.media
        self._open: set[str] = set()

    @property
    def actions(self) -> Actions:
        """The method for each command that is carried out here."""
        return {
            c.OpenConference: self._create,
            c.CloseConference: self._destroy,
            c.JoinMedia: self._join,
            c.UnjoinMedia: self._unjoin,
        }

    def end(self) -> None:
        """Leave every conference, since the session is over."""
        for identity in self._open:
            self._media.close(identity)
        self._open.clear()

    def _create(self, order: c.OpenConference) -> None:
        account = self._session.launch.application.account
        name = None if order.name is None else (account, order.name)
        self._media.open(order.conference_id, name)
        self._open.add(order.conference_id)
        self._session.emit("conference.created", conferenceid=order.conference_id)

    def _destroy(self, order: c.CloseConference) -> None:
        identity = order.conference_id
        if identity not in self._open:
            return  # its end is on the way
        self._open.discard(identity)
        for id1, id2 in self._media.close(identity):
            self._session.emit("conference.unjoined", id1=id1, id2=id2)
        self._session.emit(
            "conference.destroyed", conferenceid=identity, reason="destroyed"
        )

    def join(self, id1: str, id2: str, *, is_full: bool) -> bool:
        """Let *id1* hear *id2*, and with *is_full* the other way too.

        Returns whether that was possible.

        A failure is reported to the document by ``error.conference.join``; a success is
        not, since the ``joinid`` of a ``createcall`` has no event of its own.
        """
        try:
            self._check(id1, id2)
            self._media.join(id1, id2, is_full=is_full)
        except BridgeError as error:
            fields = {"id1": id1, "id2": id2, "reason": str(error)}
            self._session.emit("error.conference.join", **fields)
            return False
        return True

    def _join(self, order: c.JoinMedia) -> None:
        id1, id2 = order.id1, order.id2
        if self.join(id1, id2, is_full=order.is_full):
            duplex = "full" if order.is_full else "half"
            self._session.emit("conference.joined", id1=id1, id2=id2, duplex=duplex)

    def _unjoin(self, order: c.UnjoinMedia) -> None:
        fields = {"id1": order.id1, "id2": order.id2}
        try:
            self._check(order.id1, order.id2)
            self._media.unjoin(order.id1, order.id2)
        except BridgeError as error:
            self._session.emit("error.conference.unjoin", reason=str(error), **fields)
            return
        self._session.emit("conference.unjoined", **fields)

    def _check(self, *ids: str) -> None:
        """Raise BridgeError if one of *ids* is neither an open conference nor an
        answered connection.
        """
        for identity in ids:
            connection = self._session.connections.find(identity)
            if identity not in self._open and not (
                connection and connection.is_answered
            ):
                raise BridgeError(f"{identity} is not answered, or over")
