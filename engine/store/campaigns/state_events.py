"""The events of campaigns: each change of state is told in the transaction that makes it."""

from sqlalchemy import Connection, select

from engine.model.campaign import CampaignRun
from engine.model.event_data import CampaignChangedData
from engine.model.event_entry import EventEntry, EventSubject, encode_data
from engine.store import events
from engine.store.database import execute_on
from engine.store.tables import application, campaign
from engine.store.write_statements import statements_for

SUBJECT = "campaign:"
"""What stands before the name of a campaign, where events of calls have the id of the call."""


def tell(connection: Connection, run: CampaignRun) -> None:
    """Append what *run* is from now on to the event log."""
    owner = connection.execute(
        select(campaign.c.application, application.c.account)
        .join(application, application.c.id == campaign.c.application, isouter=True)
        .where(campaign.c.id == run.campaign)
    ).first()
    application_id, account = owner or (None, None)
    subject = EventSubject(
        SUBJECT + run.campaign,
        run.changed,
        account=account,
        application=application_id,
    )
    data = CampaignChangedData(run.campaign, run.state.value, run.reason)
    entry = EventEntry(
        *(subject, run.revision, run.changed), data.type.value, encode_data(data)
    )
    statements = statements_for(connection.dialect).events
    events.write(execute_on(connection), statements, [entry])
