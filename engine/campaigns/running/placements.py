"""What the dialer is asked for on behalf of an attempt. Pure."""

import msgspec

from engine.dialer.dialer import Placement
from engine.model.campaign import AttemptEntry, CampaignCall, ContactEntry
from engine.model.outbound_request import Action, Fields
from engine.platform.campaign_objects import Campaign
from engine.platform.campaign_options import MeasuredFrom

PLACE_S = 60.0
"""Seconds after its reservation in which the INVITE of an attempt may be sent: later it counts
as lost, and the contact may be called by another attempt."""
WAIT_MS = 10_000
"""Milliseconds for which a call waits for its slots."""


def placement_of(
    campaign: Campaign, attempt: AttemptEntry, contact: ContactEntry
) -> Placement:
    """Return how *attempt* on *contact* is placed."""
    fields: Fields = {
        "action": Action.MAKE_CALL.value,
        "to": attempt.number,
        "timeout": WAIT_MS,
    }
    if attempt.caller_id is not None:
        fields["callerId"] = attempt.caller_id
    if contact.parameters is not None:
        fields["appData"] = msgspec.json.decode(contact.parameters)
    if campaign.hints:
        fields["hints"] = campaign.hints
    latest = attempt.reserved + PLACE_S
    not_after = latest if attempt.not_after is None else min(attempt.not_after, latest)
    return Placement(
        campaign.application,
        attempt.call,
        fields,
        CampaignCall(
            campaign.id,
            contact.key,
            not_after,
            campaign.opt_out.digit if campaign.opt_out else None,
            campaign.pace.threshold_ms,
            campaign.pace.measured_from is MeasuredFrom.GREETING_END,
        ),
    )
