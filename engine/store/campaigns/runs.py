"""How campaigns run, and which process sets the pace of each."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, case, delete, func, or_, select, update

from engine.model.campaign import CampaignRun, CampaignState
from engine.store.database import Row, insert
from engine.store.tables import campaign_run

from .state_events import tell

_COLUMNS = [campaign_run.c[name] for name in CampaignRun.__struct_fields__]


def read(connection: Connection, campaign: str) -> CampaignRun:
    """Return how *campaign* runs; one that nothing was done with is a draft since 0.0."""
    row = connection.execute(
        select(*_COLUMNS).where(campaign_run.c.campaign == campaign)
    ).first()
    return _from_row(row) if row else CampaignRun(campaign, CampaignState.DRAFT, 0.0)


def read_all(connection: Connection) -> list[CampaignRun]:
    """Return how each campaign runs that something was done with."""
    query = select(*_COLUMNS).order_by(campaign_run.c.campaign)
    return [_from_row(row) for row in connection.execute(query)]


def change_state(
    connection: Connection,
    campaign: str,
    allowed: Collection[CampaignState],
    to: CampaignState,
    *,
    reason: str | None,
    now: float,
) -> CampaignRun | None:
    """Bring *campaign* into the state *to*, if it is in one of *allowed*; None otherwise."""
    begin(connection, campaign, now)
    run = campaign_run.c
    values: dict[str, Any] = {
        "state": to,
        "changed": now,
        "reason": reason,
        "revision": run.revision + 1,
    }
    if to is CampaignState.RUNNING:
        values["started"] = func.coalesce(run.started, now)
    row = connection.execute(
        update(campaign_run)
        .where(run.campaign == campaign, run.state.in_(list(allowed)))
        .values(values)
        .returning(*_COLUMNS)
    ).first()
    return _tell(connection, row) if row else None


def _tell(connection: Connection, row: Row) -> CampaignRun:
    run = _from_row(row)
    tell(connection, run)
    return run


def begin(connection: Connection, campaign: str, now: float) -> None:
    """Let *campaign* be a draft, unless something was done with it before."""
    row = {
        "campaign": campaign,
        "state": CampaignState.DRAFT,
        "changed": now,
        "expires": 0.0,
        "revision": 0,
    }
    dialect = connection.dialect
    connection.execute(
        insert(campaign_run, dialect).values(row).on_conflict_do_nothing()
    )


def note_contacts(connection: Connection, campaign: str, now: float) -> None:
    """Note that *campaign* has got contacts: a draft is ready then, one that was finished runs
    on.
    """
    begin(connection, campaign, now)
    run = campaign_run.c
    idle = (CampaignState.DRAFT, CampaignState.FINISHED)
    state = case(
        (run.state == CampaignState.DRAFT, CampaignState.READY.value),
        else_=CampaignState.RUNNING.value,
    )
    row = connection.execute(
        update(campaign_run)
        .where(run.campaign == campaign, run.state.in_(idle))
        .values(state=state, changed=now, revision=run.revision + 1)
        .returning(*_COLUMNS)
    ).first()
    if row:
        _tell(connection, row)


def acquire(
    connection: Connection, campaign: str, holder: str, now: float, expires: float
) -> CampaignRun | None:
    """Let the process *holder* set the pace of *campaign* until *expires*.

    Returns None if another process does, or the campaign does not run.
    """
    run = campaign_run.c
    row = connection.execute(
        update(campaign_run)
        .where(
            run.campaign == campaign,
            run.state == CampaignState.RUNNING,
            or_(run.holder == holder, run.expires <= now),
        )
        .values(holder=holder, expires=expires)
        .returning(*_COLUMNS)
    ).first()
    return _from_row(row) if row else None


def release(connection: Connection, holder: str) -> None:
    """Let other processes set the pace of what *holder* has had."""
    connection.execute(
        update(campaign_run)
        .where(campaign_run.c.holder == holder)
        .values(holder=None, expires=0.0)
    )


def remove(connection: Connection, campaign: str) -> None:
    """Forget how *campaign* has run: nothing of it is reserved any more."""
    connection.execute(delete(campaign_run).where(campaign_run.c.campaign == campaign))


def _from_row(row: Row) -> CampaignRun:
    campaign, state, *rest = row
    return CampaignRun(campaign, CampaignState(state), *rest)
