"""Agents: who takes calls of campaigns, as they say themselves, and for how long it counts."""

from collections.abc import Iterable

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.engine import Dialect

from engine.model.campaign import AgentEntry, AgentState, AttemptEntry
from engine.store.database import Execute, Row, insert
from engine.store.records import clean
from engine.store.tables import agent, attempt

from .statements import Statement, compile_statement, keep_by_dialect

_KEY = ("campaign", "id")
_COLUMNS = [agent.c[name] for name in AgentEntry.__struct_fields__]


def put(connection: Connection, entry: AgentEntry) -> AgentEntry:
    """Store what an agent says of itself, and return how it stands now.

    ``since`` stays while the state does. One that was reserved for a call stays busy with it
    as long as it says that it is free, which it may have said before it knew.
    """
    standing = _find(connection, entry.campaign, entry.id)
    entry = entry if standing is None else _merge(standing, entry)
    row = {name: getattr(entry, name) for name in AgentEntry.__struct_fields__}
    statement = insert(agent, connection.dialect).values(row)
    new = {name: statement.excluded[name] for name in row if name not in _KEY}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(_KEY), set_=new)
    )
    return entry


def _merge(standing: AgentEntry, said: AgentEntry) -> AgentEntry:
    state, call = said.state, None
    if standing.call is not None and said.state in (AgentState.FREE, AgentState.BUSY):
        state, call = AgentState.BUSY, standing.call
    since = standing.since if state is standing.state else said.since
    return AgentEntry(
        said.campaign, said.id, state, since, said.expires, said.endpoint, call
    )


def find_all(connection: Connection, campaign: str, now: float) -> list[AgentEntry]:
    """Return the agents of *campaign* whose time has not run out *now*, by id."""
    query = (
        select(*_COLUMNS)
        .where(agent.c.campaign == clean(campaign), agent.c.expires > now)
        .order_by(agent.c.id)
    )
    return [_from_row(row) for row in connection.execute(query)]


def reserve(
    connection: Connection, campaign: str, call: str, now: float
) -> AgentEntry | None:
    """Give *call* the agent of *campaign* that has been free for the longest time.

    None if none is free.
    """
    is_free = (
        agent.c.campaign == campaign,
        agent.c.state == AgentState.FREE,
        agent.c.expires > now,
    )
    chosen = connection.scalar(
        select(agent.c.id)
        .where(*is_free)
        .order_by(agent.c.since, agent.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if chosen is None:
        return None
    row = connection.execute(
        update(agent)
        .where(agent.c.campaign == campaign, agent.c.id == chosen)
        .values(state=AgentState.BUSY, since=now, call=call)
        .returning(*_COLUMNS)
    ).one()
    connection.execute(
        update(attempt).where(attempt.c.call == call).values(agent=chosen)
    )
    return _from_row(row)


def note_bridged(connection: Connection, call: str, now: float) -> None:
    """Note on the attempt that is *call* that its agent got it *now*."""
    connection.execute(
        update(attempt).where(attempt.c.call == call).values(agent_at=now)
    )


def release(
    connection: Connection, campaign: str, call: str, to: AgentState, now: float
) -> bool:
    """Let the agent of *call* be in the state *to*; False if none has that call any more.

    The attempt names the agent no more, unless the agent had the call.
    """
    was_not_bridged = attempt.c.call == call, attempt.c.agent_at.is_(None)
    connection.execute(update(attempt).where(*was_not_bridged).values(agent=None))
    return (
        connection.execute(
            update(agent)
            .where(agent.c.campaign == campaign, agent.c.call == call)
            .values(state=to, since=now, call=None)
        ).rowcount
        > 0
    )


def remove(connection: Connection, campaign: str, identity: str) -> bool:
    """Forget an agent of *campaign*; return whether there was one."""
    of_it = (agent.c.campaign == clean(campaign), agent.c.id == clean(identity))
    return connection.execute(delete(agent).where(*of_it)).rowcount > 0


def release_calls(
    execute: Execute, dialect: Dialect, attempts: Iterable[AttemptEntry]
) -> None:
    """Let agents be free again whose calls were *attempts*, which have ended."""
    statement = _compiled_for(dialect)
    for entry in attempts:
        if entry.agent is not None:
            statement.run(execute, now=entry.ended, of=entry.call)


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> Statement:
    freed = (
        update(agent)
        .where(agent.c.call == bindparam("of"))
        .values(
            state=literal_column(f"'{AgentState.FREE}'"),
            since=bindparam("now"),
            call=null(),
        )
    )
    return compile_statement(freed, dialect)


def purge(connection: Connection, before: float) -> None:
    """Forget agents whose time ran out before *before*."""
    connection.execute(delete(agent).where(agent.c.expires < before))


def remove_all(connection: Connection, campaign: str) -> None:
    """Forget the agents of *campaign*."""
    connection.execute(delete(agent).where(agent.c.campaign == campaign))


def _find(connection: Connection, campaign: str, identity: str) -> AgentEntry | None:
    row = connection.execute(
        select(*_COLUMNS)
        .where(agent.c.campaign == campaign, agent.c.id == identity)
        .with_for_update()
    ).first()
    return None if row is None else _from_row(row)


def _from_row(row: Row) -> AgentEntry:
    campaign, identity, state, *rest = row
    return AgentEntry(campaign, identity, AgentState(state), *rest)
