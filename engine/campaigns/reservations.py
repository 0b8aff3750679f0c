"""What is decided on contacts that are due: which get an attempt, and with which caller id. Pure.

The decision is made within the transaction that has read what it stands on, and that commits
it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from msgspec.structs import replace

from engine.model.campaign import (
    AttemptEntry,
    CallerIdUse,
    ContactEntry,
    ContactState,
    Decision,
    DueContact,
    NumberFacts,
    Reservation,
)
from engine.platform.campaign_options import CallerIdChoice

from .caller_ids import CallerIdChooser
from .eligibility import CallNow, EndAs, WaitUntil, judge
from .policy import CampaignPolicy


def decide_reservations(
    candidates: Sequence[DueContact],
    uses: Iterable[CallerIdUse],
    policy: CampaignPolicy,
    now: float,
    *,
    node: str,
    new_call: Callable[[], str],
    most: int | None = None,
) -> Decision:
    """Return what becomes of *candidates* at *now*: a call, another time, or the end.

    Behind *most* calls nothing more is decided: what may be called then stays as it is.

    *uses* are those of the caller ids of the campaign's pool on this day. *node* is the
    process that reserves, and *new_call* gives each call its application UUID.
    """
    batch = _Batch(policy, uses, now, node, new_call)
    reservations: list[Reservation] = []
    for candidate in candidates:
        if most is not None and batch.calls >= most:
            break
        if (decided := batch.decide(candidate)) is not None:
            reservations.append(decided)
    return Decision(tuple(reservations), batch.changed_uses)


def postpone_undecidable(
    candidates: Sequence[DueContact],
    decide: Callable[[Sequence[DueContact]], Decision],
    until: float,
) -> Decision:
    """Return that those of *candidates* wait *until* for which *decide* raises an error by
    themselves; the others stay as they are.
    """
    return Decision(
        tuple(
            Reservation(replace(it.contact, due=until))
            for it in candidates
            if _raises(decide, it)
        )
    )


def _raises(
    decide: Callable[[Sequence[DueContact]], Decision], candidate: DueContact
) -> bool:
    with suppress(Exception):  # whatever it is: the caller has logged it
        decide([candidate])
        return False
    return True


class _Batch:
    """Reservations of one transaction: those before count for those that follow."""

    def __init__(
        self,
        policy: CampaignPolicy,
        uses: Iterable[CallerIdUse],
        now: float,
        node: str,
        new_call: Callable[[], str],
    ) -> None:
        self._policy, self._now = policy, now
        self._node, self._new_call = node, new_call
        choice, pool = policy.campaign.caller_id_choice, policy.pool
        self._sticks = choice is CallerIdChoice.STICKY
        self._caller_ids = (
            CallerIdChooser(pool, choice, uses, now) if pool is not None else None
        )
        self._calls: dict[str, tuple[float, ...]] = defaultdict(tuple)
        self.calls = 0
        """How many are reserved."""

    @property
    def changed_uses(self) -> tuple[CallerIdUse, ...]:
        return self._caller_ids.changed if self._caller_ids is not None else ()

    def decide(self, candidate: DueContact) -> Reservation | None:
        """Return what becomes of *candidate*; None: nothing, since it does not wait."""
        contact, known = candidate.contact, self._with_calls(candidate)
        match judge(known, self._policy, self._now).eligibility:
            case CallNow(index, not_after):
                return self._reserve(contact, index, not_after)
            case WaitUntil(time):
                return Reservation(replace(contact, due=time))
            case EndAs(end):
                return Reservation(replace(contact, state=ContactState.DONE, end=end))
            case None:
                return None

    def _with_calls(self, candidate: DueContact) -> DueContact:
        if self._calls.keys().isdisjoint(candidate.contact.numbers):
            return candidate
        return replace(
            candidate, numbers=tuple(self._with_call(it) for it in candidate.numbers)
        )

    def _with_call(self, facts: NumberFacts) -> NumberFacts:
        called = self._calls.get(facts.number, ())
        return replace(facts, calls=(*facts.calls, *called))

    def _reserve(
        self, contact: ContactEntry, index: int, not_after: float | None
    ) -> Reservation:
        number, caller_id = contact.numbers[index], None
        if self._caller_ids is not None:
            caller_id = self._caller_ids.choose(contact, number)
            if caller_id is None:
                return Reservation(replace(contact, due=self._caller_ids.free_at()))
        self._calls[number] += (self._now,)
        self.calls += 1
        attempt = AttemptEntry(
            contact=contact.id,
            n=contact.n + 1,
            campaign=contact.campaign,
            key=contact.key,
            number=number,
            call=self._new_call(),
            reserved=self._now,
            node=self._node,
            not_after=not_after,
            caller_id=caller_id,
        )
        return Reservation(self._called(contact, index, caller_id), attempt)

    def _called(
        self, contact: ContactEntry, index: int, caller_id: str | None
    ) -> ContactEntry:
        kept = caller_id if self._sticks else contact.caller_id
        return replace(
            contact,
            state=ContactState.CALLING,
            number=index,
            n=contact.n + 1,
            caller_id=kept,
        )
