"""What holds of every call of a campaign, whatever happens and in whichever order."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    ContactEnd,
    ContactEntry,
    ContactState,
)

from .campaign_model import DAY_S, CampaignModel
from .contacts import at
from .simulated_year import SimulatedYear

NUMBERS = [
    "+12125550100",
    "+18085550100",
    "+4930123456",
    "+61412345678",
    "+88312345678",
]
ZONES = [None, None, "Europe/Berlin", "America/Los_Angeles", "Europe/Nowhere"]


class Campaigns(RuleBasedStateMachine):
    """Contacts with few numbers, so that they meet each other's lists and limits."""

    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.model = CampaignModel()
        self.now = at(
            "2026-10-24T12:00Z"
        )  # before clocks change, in Europe and then in America
        self.invited: set[tuple[int, int]] = set()

    @rule(
        campaign=st.sampled_from(["day", "night"]),
        numbers=st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3, unique=True),
        zone=st.sampled_from(ZONES),
        lasts=st.sampled_from([None, 3600.0, 2.0 * DAY_S]),
    )
    def import_contact(
        self, campaign: str, numbers: list[str], zone: str | None, lasts: float | None
    ) -> None:
        number = len(self.model.contacts)
        fields: dict[str, Any] = {"due": self.now, "zone": zone}
        if lasts is not None:
            fields["not_after"] = self.now + lasts
        self.model.add(
            ContactEntry(
                number,
                campaign,
                str(number),
                tuple(numbers),
                ContactState.WAITING,
                **fields,
            )
        )

    @rule(
        number=st.sampled_from(NUMBERS),
        lasts=st.sampled_from([None, 60.0, 2.0 * DAY_S]),
    )
    def suppress(self, number: str, lasts: float | None) -> None:
        self.model.suppress(number, None if lasts is None else self.now + lasts)

    @rule(seconds=st.one_of(st.floats(1, 60), st.floats(60, 3 * DAY_S)))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=attempts, campaign=st.sampled_from(["day", "night"]))
    def reserve(self, campaign: str) -> Any:
        due = [
            it.id
            for it in self.model.contacts.values()
            if it.campaign == campaign
            and it.state is ContactState.WAITING
            and it.due <= self.now
        ]
        attempts = self.model.reserve(campaign, due, self.now)
        for attempt in attempts:
            self._invite(attempt)
        return attempts

    def _invite(self, attempt: AttemptEntry) -> None:
        self.model.check_invite(attempt, self.now)
        key = (attempt.contact, attempt.n)
        assert key not in self.invited
        self.invited.add(key)

    @rule(taken=attempts, outcome=st.sampled_from(AttemptOutcome))
    def settle(self, taken: list[AttemptEntry], outcome: AttemptOutcome) -> None:
        for attempt in taken:
            if attempt.call in self.model.open:
                self.model.settle(attempt.call, outcome, self.now)

    @invariant()
    def a_contact_has_at_most_one_call(self) -> None:
        called = [it.contact for it in self.model.open.values()]
        calling = {
            it.id
            for it in self.model.contacts.values()
            if it.state is ContactState.CALLING
        }

        assert len(called) == len(set(called))
        assert set(called) == calling


TestCampaigns = Campaigns.TestCase
TestCampaigns.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)


def test_a_year_of_calls_keeps_to_hours_lists_and_budgets() -> None:
    """``python -m tests.load.campaign_model`` does so with a million contacts."""
    year = SimulatedYear(600, at("2026-01-15T00:00Z"), step_s=30)

    year.run()

    ends = year.model.ends()
    assert None not in ends
    assert ends.keys() >= set(ContactEnd) - {ContactEnd.CANCELLED, ContactEnd.UNKNOWN}
    assert year.placed > 1000
    assert year.late > 0
    assert year.model.open == {}
