"""A leg on the wire: every order of messages has one stated end."""

import pytest
from msgspec.structs import replace

from sip.events import (
    Answered,
    Ended,
    Ending,
    LegId,
    Origin,
    Progress,
    Referred,
    SipEvent,
    Times,
)
from sip.leg_tracker import (
    HANG_UP_LIMIT_S,
    LOST_EVENT_S,
    NEVER,
    Cause,
    DeadlineAction,
    LegTracker,
)


class Wire:
    """Feeds a leg one message a second and keeps what it reports."""

    def __init__(self, ring_limit_s: float = 60.0) -> None:
        self.now = 100.0
        self.leg = LegTracker(LegId("x"), self.now, ring_limit_s)
        self.events: list[SipEvent] = []

    def note(self, event: SipEvent | None) -> "Wire":
        self.now += 1
        if event is not None:
            self.events.append(event)
        return self

    def sent(self, *methods: str) -> "Wire":
        for method in methods:
            self.note(self.leg.on_sent(self.now, method))
        return self

    def given_up(self, method: str, reason: str) -> "Wire":
        """PJSIP sends *method* by itself."""
        return self.note(self.leg.on_sent(self.now, method, reason))

    def give_up(self, detail: str) -> "Wire":
        return self.note(self.leg.give_up(self.now, detail))

    def got(self, status: int, method: str = "INVITE") -> "Wire":
        raw = f"SIP/2.0 {status} Phrase {status}\r\nX-Status: {status}\r\n\r\n".encode()
        return self.note(self.leg.on_response(self.now, method, status, raw))

    def bye(self) -> "Wire":
        return self.note(self.leg.on_bye(self.now))

    def gone(self, cause: Cause = Cause.RECEIVED, status: int = 200) -> "Wire":
        return self.note(self.leg.on_disconnected(self.now, cause, status, "pj"))

    def closed(self) -> "Wire":
        return self.note(self.leg.close(self.now))

    def hang_up(self) -> "Wire":
        self.leg.hang_up(self.now)
        return self.note(None)

    def refer(self, limit_s: float = 10.0) -> "Wire":
        return self.note(self.leg.refer(self.now, limit_s))

    def referred(self, status: int) -> "Wire":
        return self.note(self.leg.on_refer_outcome(status))

    @property
    def transfers(self) -> list[int]:
        return [event.status for event in self.events if isinstance(event, Referred)]

    def due(self) -> DeadlineAction:
        due, event = self.leg.on_deadline(self.leg.deadline)
        self.note(event)
        return due

    @property
    def end(self) -> Ended:
        assert isinstance(self.events[-1], Ended)
        return self.events[-1]


def test_answer_and_bye_from_the_far_end() -> None:
    wire = (
        Wire()
        .sent("INVITE")
        .got(100)
        .got(183)
        .got(180)
        .got(200)
        .sent("ACK")
        .bye()
        .gone()
    )

    assert [type(event) for event in wire.events] == [
        Progress,
        Progress,
        Answered,
        Ended,
    ]
    assert (wire.end.status, wire.end.origin) == (200, Origin.REMOTE)
    times = wire.end.times
    assert (times.invite, times.trying, times.ringing) == (100, 101, 102)
    assert (times.answered, times.ack, times.bye, times.ended) == (104, 105, 106, 107)


def test_a_repeated_provisional_is_reported_once() -> None:
    wire = Wire().sent("INVITE").got(180).got(180).got(183).got(199)

    assert [type(event) for event in wire.events] == [Progress, Progress, Progress]


def test_answered_only_once_the_ack_has_left() -> None:
    wire = Wire().sent("INVITE").got(200)
    assert not wire.events

    wire.sent("ACK").got(200).sent("ACK")
    assert [type(event) for event in wire.events] == [Answered]


@pytest.mark.parametrize("status", [302, 404, 486, 503, 603])
def test_a_final_failure_is_the_far_ends_word(status: int) -> None:
    wire = Wire().sent("INVITE").got(100).got(status).sent("ACK").gone(status=status)

    assert (wire.end.status, wire.end.origin) == (status, Origin.REMOTE)
    assert wire.end.reason == f"Phrase {status}"
    assert wire.end.response is not None
    assert wire.end.response.headers == {"X-Status": str(status)}


def test_an_answer_that_pjsip_cannot_take() -> None:
    wire = Wire().sent("INVITE").got(200).given_up("BYE", "SDP negotiation failed")

    (ending,) = wire.events
    assert isinstance(ending, Ending)
    assert (ending.response, ending.origin) == (wire.leg.response, Origin.LOCAL_CANCEL)
    assert ending.detail == (
        "The SDP of the answer cannot be used: it has no codec of ours."
    )

    wire.gone(Cause.OTHER).got(200, "BYE")
    assert [type(event) for event in wire.events] == [Ending, Ended]
    assert (wire.end.status, wire.end.origin) == (200, Origin.LOCAL_CANCEL)
    assert (wire.end.detail, wire.end.times.ack) == (ending.detail, None)


def test_early_media_that_pjsip_cannot_take() -> None:
    wire = Wire().sent("INVITE").got(183).given_up("CANCEL", "")
    wire.got(487).gone(status=487)

    assert [type(event) for event in wire.events] == [Progress, Ending, Ended]
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)
    assert wire.end.detail.startswith("The SDP of a provisional response")


def test_a_phone_that_refuses_our_prack_has_no_wrong_description() -> None:
    wire = Wire().sent("INVITE").got(183)
    wire.given_up("CANCEL", "Call/Transaction Does Not Exist").got(487).gone(status=487)

    assert wire.end.detail == "The far end does not know the call any more."


@pytest.mark.parametrize("status", [200, 401, 408, 481, 503])
def test_pjsip_hangs_a_healthy_call_up_by_itself(status: int) -> None:
    wire = Wire().sent("INVITE").got(200).sent("ACK")
    wire.given_up("BYE", "No session refresh received.").got(status, "BYE").gone()

    assert [type(event) for event in wire.events] == [Answered, Ending, Ended]
    assert (wire.end.status, wire.end.origin) == (200, Origin.LOCAL_CANCEL)
    assert wire.end.detail == "The session timer has expired."
    assert not wire.end.forced


def test_a_reason_of_the_user_agent_is_that_of_the_end_once() -> None:
    wire = Wire().sent("INVITE").got(200).sent("ACK").give_up("No RTP for 120 s.")
    wire.sent("BYE").give_up("Another reason.").bye()

    assert [type(event) for event in wire.events] == [Answered, Ending, Ended]
    assert (wire.end.detail, wire.end.origin) == (
        "No RTP for 120 s.",
        Origin.LOCAL_CANCEL,
    )


def test_who_has_hung_up_already_needs_no_reason() -> None:
    wire = Wire().sent("INVITE").got(200).sent("ACK").hang_up()
    wire.given_up("BYE", "Normal").got(200, "BYE")

    assert [type(event) for event in wire.events] == [Answered, Ended]
    assert not wire.end.detail


def test_an_answer_that_cannot_be_acknowledged_is_given_up() -> None:
    wire = Wire().sent("INVITE").got(180).got(200)

    assert wire.leg.deadline == wire.now - 1 + LOST_EVENT_S
    assert wire.due() is DeadlineAction.GIVE_UP
    wire.sent("BYE").got(503, "BYE")
    assert [type(event) for event in wire.events] == [Progress, Ending, Ended]
    assert (wire.end.status, wire.end.origin) == (200, Origin.LOCAL_TRANSPORT)
    assert wire.end.detail == "The answer could not be acknowledged."


def test_hung_up_before_we_saw_the_invite_leave() -> None:
    wire = Wire().hang_up().sent("INVITE").gone(Cause.OTHER, 487)
    assert not wire.events

    wire.got(180).sent("CANCEL").got(487)
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)
    assert wire.end.times.invite is not None


def test_an_answered_challenge_is_not_the_outcome() -> None:
    wire = Wire().sent("INVITE").got(407).sent("ACK", "INVITE").got(200).sent("ACK")

    assert isinstance(wire.events[0], Answered)
    assert wire.events[0].response.status == 200


@pytest.mark.parametrize("status", [401, 407, 422])
def test_a_challenged_call_that_rings_too_long_is_hung_up(status: int) -> None:
    wire = Wire().sent("INVITE").got(status).sent("INVITE").got(180)

    assert wire.due() is DeadlineAction.HANG_UP
    wire.hang_up().sent("CANCEL").got(487)
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)
    assert not wire.end.forced


def test_a_lost_connection_ends_a_leg_that_is_hung_up() -> None:
    wire = Wire().sent("INVITE").got(183).hang_up().sent("CANCEL")
    wire.note(wire.leg.on_response(wire.now, "INVITE", 503, b""))

    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)
    assert not wire.end.forced


def test_timer_b_and_a_peers_408_are_told_apart() -> None:
    silent = Wire().sent("INVITE").gone(Cause.TIMER, 408)
    spoken = Wire().sent("INVITE").got(408).gone(Cause.RECEIVED, 408)

    assert (silent.end.status, silent.end.origin) == (408, Origin.LOCAL_TIMER)
    assert silent.end.response is None
    assert (spoken.end.status, spoken.end.origin) == (408, Origin.REMOTE)


def test_a_broken_transport_is_not_the_far_ends_503() -> None:
    wire = Wire().sent("INVITE").gone(Cause.TRANSPORT, 503)

    assert (wire.end.status, wire.end.origin) == (503, Origin.LOCAL_TRANSPORT)


def test_ring_limit_cancels_and_the_487_is_ours() -> None:
    wire = Wire(ring_limit_s=20).sent("INVITE").got(100).got(180)
    assert wire.leg.deadline == 120
    assert wire.due() is DeadlineAction.HANG_UP

    wire.hang_up().gone(Cause.OTHER, 487).sent("CANCEL").got(200, "CANCEL").got(487)
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)
    assert wire.end.response is not None
    assert wire.end.times.cancel is not None


def test_a_refusal_that_crosses_our_cancel_is_the_far_ends_word() -> None:
    wire = (
        Wire()
        .sent("INVITE")
        .got(180)
        .hang_up()
        .gone(Cause.OTHER)
        .sent("CANCEL")
        .got(486)
    )

    assert (wire.end.status, wire.end.origin) == (486, Origin.REMOTE)


def test_a_200_that_crosses_our_cancel_is_ended_by_bye_and_noted() -> None:
    wire = Wire().sent("INVITE").got(180).hang_up().gone(Cause.OTHER).sent("CANCEL")
    wire.got(200, "CANCEL").got(200).sent("ACK", "BYE")
    assert [type(event) for event in wire.events] == [Progress]

    wire.got(200, "BYE")
    assert (wire.end.status, wire.end.origin) == (200, Origin.LOCAL_CANCEL)
    assert wire.end.answered_after_cancel


def test_hang_up_before_any_response_ends_when_timer_b_would() -> None:
    wire = Wire().sent("INVITE").hang_up().gone(Cause.OTHER, 487)

    assert wire.leg.deadline == 133
    assert wire.due() is DeadlineAction.FORGET
    assert (wire.end.status, wire.end.origin, wire.end.forced) == (
        487,
        Origin.LOCAL_CANCEL,
        False,
    )


def test_a_cancel_without_any_final_response_is_forced_in_the_end() -> None:
    wire = Wire().sent("INVITE").got(180).hang_up().gone(Cause.OTHER).sent("CANCEL")
    wire.got(200, "CANCEL")
    assert wire.leg.deadline == 102 + HANG_UP_LIMIT_S
    assert wire.due() is DeadlineAction.FORGET

    assert wire.end.forced
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)


def test_hang_up_before_anything_was_sent_ends_at_once() -> None:
    wire = Wire().hang_up().gone(Cause.OTHER, 487)

    assert (wire.end.status, wire.end.times.invite) == (487, None)
    assert wire.end.origin is Origin.LOCAL_CANCEL


def test_our_bye_ends_with_its_response() -> None:
    wire = (
        Wire()
        .sent("INVITE")
        .got(200)
        .sent("ACK")
        .hang_up()
        .sent("BYE")
        .gone(Cause.OTHER)
    )
    assert [type(event) for event in wire.events] == [Answered]

    wire.got(200, "BYE")
    assert (wire.end.status, wire.end.origin) == (200, Origin.LOCAL_CANCEL)


def test_a_bye_before_the_answer_ends_a_leg_that_nothing_follows() -> None:
    wire = Wire().sent("INVITE").got(180).bye()

    assert wire.leg.deadline == wire.now - 1 + LOST_EVENT_S
    assert wire.due() is DeadlineAction.GIVE_UP
    wire.sent("CANCEL").got(487)
    assert [type(event) for event in wire.events] == [Progress, Ending, Ended]
    assert wire.end.detail == "The far end has sent BYE before it answered."
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)


def test_an_answer_behind_an_early_bye_connects() -> None:
    wire = Wire().sent("INVITE").got(180).bye().got(200).sent("ACK")

    assert [type(event) for event in wire.events] == [Progress, Answered]
    assert wire.leg.deadline == NEVER


def test_byes_that_cross_end_the_leg_once() -> None:
    wire = Wire().sent("INVITE").got(200).sent("ACK").hang_up().sent("BYE").bye()
    wire.got(481, "BYE").gone()

    assert [type(event) for event in wire.events] == [Answered, Ended]


@pytest.mark.parametrize(
    "lost", [lambda w: w.got(486), lambda w: w.got(200).sent("ACK").bye()]
)
def test_an_end_that_pjsip_never_reports_is_forced(lost) -> None:
    wire = Wire().sent("INVITE").got(180)
    lost(wire)

    assert wire.leg.deadline == wire.now - 1 + LOST_EVENT_S
    assert wire.due() is DeadlineAction.FORGET
    assert wire.end.forced


def test_only_a_final_response_to_our_bye_ends_the_leg() -> None:
    wire = connected().hang_up().sent("BYE").got(199, "BYE").got(200, "INFO")
    assert [type(event) for event in wire.events] == [Answered]

    wire.got(200, "BYE")
    assert [type(event) for event in wire.events] == [Answered, Ended]


def test_a_bye_before_the_answer_does_not_end_what_we_cancel() -> None:
    wire = Wire().sent("INVITE").got(180).hang_up().sent("CANCEL").bye()
    assert [type(event) for event in wire.events] == [Progress]

    wire.got(487)
    assert (wire.end.status, wire.end.origin) == (487, Origin.LOCAL_CANCEL)


@pytest.mark.parametrize(
    ("heard", "status", "origin", "end"),
    [
        (486, 486, Origin.REMOTE, 486),  # it is PJSIP that says it late
        (300, 300, Origin.REMOTE, 300),
        (486, 503, Origin.LOCAL_TRANSPORT, 503),
        (401, 503, Origin.LOCAL_TRANSPORT, 503),  # the second INVITE was not sent
        (200, 200, Origin.LOCAL_TRANSPORT, 200),
    ],
)
def test_a_status_that_the_far_end_has_not_sent_is_pjsips(
    heard: int, status: int, origin: Origin, end: int
) -> None:
    wire = Wire().sent("INVITE").got(heard).gone(Cause.TRANSPORT, status)

    assert (wire.end.status, wire.end.origin) == (end, origin)


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        ("", "The user agent has ended the call."),
        ("Out of memory.", "Out of memory."),
        ("SDP negotiation failed", "it has no codec of ours."),
    ],
)
def test_why_pjsip_has_ended_an_answered_call(reason: str, detail: str) -> None:
    assert connected().given_up("BYE", reason).got(200, "BYE").end.detail == detail


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (408, "Request Timeout"),
        (481, "Call/Transaction Does Not Exist"),
        (487, "Request Terminated"),
        (491, "Request Pending"),
        (503, "Service Unavailable"),
        (999, ""),
    ],
)
def test_a_transfer_without_a_reason_has_that_of_its_status(
    status: int, phrase: str
) -> None:
    wire = connected().refer()
    event = wire.leg.on_refer_outcome(status)

    assert isinstance(event, Referred)
    assert (event.status, event.reason) == (status, phrase)
    assert connected().refer().leg.on_refer_outcome(status, "Gone") == replace(
        event, reason="Gone"
    )


def test_a_retransmitted_invite_does_not_forget_the_answer() -> None:
    wire = Wire().sent("INVITE").got(200).sent("INVITE", "ACK")

    assert [type(event) for event in wire.events] == [Answered]


def test_a_challenge_does_not_prolong_the_ring_limit() -> None:
    wire = Wire(ring_limit_s=20).sent("INVITE").got(407).sent("ACK", "INVITE")

    assert wire.leg.deadline == 120


def test_each_time_is_that_of_the_first_message() -> None:
    wire = Wire().sent("INVITE", "INVITE").got(100).got(100).got(180).got(183)
    wire.got(200).got(200).sent("ACK", "ACK", "CANCEL", "CANCEL", "BYE", "BYE").bye()

    assert wire.leg.times == Times(100, 102, 104, 106, 108, 110, 112, 114)


def test_a_bye_before_the_answer_does_not_end_the_call_that_follows() -> None:
    wire = Wire().sent("INVITE").got(180).bye().got(200).sent("ACK")

    assert wire.refer().transfers == []
    wire.gone(Cause.TRANSPORT, 503)
    assert (wire.end.status, wire.end.origin) == (200, Origin.LOCAL_TRANSPORT)


def test_a_second_ack_does_not_hide_a_bye() -> None:
    wire = connected().bye().sent("ACK").gone(Cause.OTHER)

    assert wire.end.origin is Origin.REMOTE


def test_nothing_rings_any_more_once_we_hang_up() -> None:
    wire = Wire().sent("INVITE").hang_up().got(180)

    assert (wire.events, wire.leg.times.ringing) == ([], 102)


def test_a_transaction_that_ends_without_a_response_ends_only_what_hangs_up() -> None:
    wires = Wire().sent("INVITE"), Wire().sent("INVITE").got(200).hang_up()
    for wire in wires:
        wire.note(wire.leg.on_response(wire.now, "INVITE", 503, b""))

    assert [wire.events for wire in wires] == [[], []]


def test_the_reason_of_a_bye_is_that_of_the_end() -> None:
    wire = connected()
    wire.note(wire.leg.on_bye(wire.now, "Q.850;cause=31"))

    assert wire.gone().end.bye_reason == "Q.850;cause=31"
    assert connected().bye().gone().end.bye_reason == ""


def test_nothing_follows_the_end() -> None:
    wire = Wire().sent("INVITE").got(486).gone(status=486)

    wire.gone().got(200).sent("ACK").bye().gone(Cause.TIMER, 408).hang_up()
    assert [type(event) for event in wire.events] == [Ended]


def test_an_invite_that_cannot_be_sent_ends_as_local_transport() -> None:
    wire = Wire()
    wire.note(wire.leg.fail(wire.now, "Name not resolved"))

    assert (wire.end.status, wire.end.reason) == (503, "Name not resolved")
    assert wire.end.origin is Origin.LOCAL_TRANSPORT


def connected() -> Wire:
    return Wire().sent("INVITE").got(200).sent("ACK")


def test_a_transfer_has_one_outcome_and_a_limit_until_then() -> None:
    wire = connected().refer(limit_s=10)
    assert wire.leg.refer_deadline == wire.now - 1 + 10

    wire.referred(486).referred(200)
    assert wire.transfers == [486]
    assert wire.leg.refer_deadline == NEVER
    assert wire.leg.deadline == NEVER


def test_one_transfer_at_a_time() -> None:
    wire = connected().refer().refer()
    deadline = wire.leg.refer_deadline
    wire.referred(200).refer()

    assert wire.transfers == [491, 200]
    assert wire.leg.refer_deadline > deadline


@pytest.mark.parametrize(
    "wire",
    [
        Wire(),
        Wire().sent("INVITE").got(180),
        Wire().sent("INVITE").got(200),
        connected().hang_up(),
        connected().bye(),
    ],
    ids=["new", "ringing", "no ack", "hanging up", "bye"],
)
def test_only_a_connected_leg_is_transferred(wire: Wire) -> None:
    wire.refer()

    assert wire.transfers == [481]
    assert wire.leg.refer_deadline == NEVER


def test_the_end_of_a_leg_is_its_last_event_also_during_a_transfer() -> None:
    wire = connected().refer().bye().gone().referred(408)

    assert [type(event) for event in wire.events] == [Answered, Ended]
    assert wire.leg.refer_deadline == NEVER


def test_a_transfer_may_end_while_we_hang_up() -> None:
    wire = connected().refer().hang_up().referred(200).sent("BYE").got(200, "BYE")

    assert [type(event) for event in wire.events] == [Answered, Referred, Ended]


@pytest.mark.parametrize(
    ("wire", "status", "origin", "is_forced"),
    [
        (Wire().hang_up(), 487, Origin.LOCAL_CANCEL, False),
        (Wire().sent("INVITE").got(180).hang_up(), 487, Origin.LOCAL_CANCEL, True),
        (
            Wire().sent("INVITE").got(200).sent("ACK").hang_up().sent("BYE"),
            200,
            Origin.LOCAL_CANCEL,
            True,
        ),
    ],
    ids=["nothing was sent", "ringing", "answered"],
)
def test_close_ends_what_nobody_has_confirmed(
    wire: Wire, status: int, origin: Origin, *, is_forced: bool
) -> None:
    end = wire.closed().end

    assert (end.status, end.origin, end.forced) == (status, origin, is_forced)
    assert end.times.ended is not None
    assert wire.leg.close(wire.now) is None
