"""When the contacts of an import would be called."""

from engine.campaigns.import_preview import ImportPreview
from engine.campaigns.policy import CampaignPolicy
from engine.model.campaign import NewContact
from engine.platform.campaign_objects import Campaign

MONDAY_NOON = 1_796_036_400.0  # 2026-11-30T12:00 in Berlin
HOUR_S = 3600.0


def preview(*contacts: NewContact, **fields: object) -> ImportPreview:
    campaign = Campaign.model_validate({"id": "s", "application": "a", **fields})
    made = ImportPreview(CampaignPolicy.of(campaign), MONDAY_NOON)
    made.add(contacts)
    return made


def contact(key: str, zone: str | None = "Europe/Berlin") -> NewContact:
    return NewContact(key, ("+4930123456",), zone=zone)


def test_nothing_is_called_of_nothing() -> None:
    view = preview().view()

    assert (view.now, view.later, view.first_at, view.last_at) == (0, 0, None, None)


def test_without_hours_the_pace_alone_counts() -> None:
    view = preview(*(contact(f"c{at}") for at in range(11))).view()

    assert view.now == 11
    assert view.last_at == "2026-11-30T11:00:10.000+00:00"


def test_what_does_not_fit_into_a_day_goes_on_the_next_morning() -> None:
    hours = [{"opens": "09:00", "closes": "13:00"}]
    pace = {"calls_per_second": 1 / HOUR_S}

    view = preview(
        *(contact(f"c{at}") for at in range(4)), windows=hours, pace=pace
    ).view()

    assert view.first_at == "2026-11-30T11:00:00.000+00:00"
    assert view.last_at == "2026-12-01T10:00:00.000+00:00"


def test_who_never_would_be_called_is_counted_by_why() -> None:
    late = NewContact("c", ("+4930123456",), not_after=MONDAY_NOON - 1)

    assert preview(late, contact("d")).view().never == {"expired": 1}
