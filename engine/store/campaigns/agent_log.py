"""AgentLog: who takes calls of campaigns."""

from engine.model.campaign import AgentEntry, AgentState
from engine.store.access import DatabaseAccess

from . import agents


class AgentLog:
    """Every method may raise StoreError. Times are in seconds since 1970."""

    def __init__(self, access: DatabaseAccess) -> None:
        self._access = access

    async def put(self, entry: AgentEntry) -> AgentEntry:
        """Store what an agent says of itself until ``expires``; return how it stands now.

        ``since`` stays while the state does. One that was reserved for a call stays busy with
        it as long as it says that it is free, which it may have said before it knew, or that
        it is busy.
        """
        return await self._access.write(
            lambda connection: agents.put(connection, entry)
        )

    async def find_all(self, campaign: str, now: float) -> list[AgentEntry]:
        """Return the agents of *campaign* whose time has not run out *now*, by id."""
        return await self._access.read(
            lambda connection: agents.find_all(connection, campaign, now)
        )

    async def reserve(self, campaign: str, call: str, now: float) -> AgentEntry | None:
        """Give the call with the application UUID *call* the agent of *campaign* that has been
        free for the longest time; None if none is free. The attempt names that agent.
        """
        return await self._access.write(
            lambda connection: agents.reserve(connection, campaign, call, now)
        )

    async def release(
        self, campaign: str, call: str, now: float, to: AgentState = AgentState.FREE
    ) -> bool:
        """Let the agent of *call* be in the state *to*; False if none has that call any more.

        The attempt names the agent no more, unless the agent had the call.
        """
        return await self._access.write(
            lambda connection: agents.release(connection, campaign, call, to, now)
        )

    async def note_bridged(self, call: str, now: float) -> None:
        """Note on the attempt that is *call* that its agent got it *now*."""
        await self._access.write(
            lambda connection: agents.note_bridged(connection, call, now)
        )

    async def remove(self, campaign: str, identity: str) -> bool:
        """Forget an agent of *campaign*; return whether there was one."""
        return await self._access.write(
            lambda connection: agents.remove(connection, campaign, identity)
        )
