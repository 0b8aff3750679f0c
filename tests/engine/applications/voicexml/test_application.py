"""What a VoiceXML application asks of the platform for its call: events in, commands out."""

from typing import Any

import pytest

from ccxml import commands as c
from ccxml.events import KILL, KILL_UNCONDITIONAL, Event
from ccxml.session import SessionInfo, Step
from engine.applications.voicexml.application import VoiceXmlApplication

CALL, DIALOG, OTHER = "S-call", "S-dialog", "S-transfer1"
NOW = 100.0


class Told:
    """An application that is told of events, at a time that a test moves."""

    def __init__(self, *, is_answered: bool = True) -> None:
        self.steps: list[Step] = []
        self.application = VoiceXmlApplication(
            "http://a.example/d.vxml", SessionInfo("S"), self.steps
        )
        self.now = NOW
        assert self.application.start(self.now) == []
        if is_answered:
            self.of_call("connected")

    def tell(self, name: str, **fields: Any) -> list[c.Command]:
        return self.application.receive(Event(name, fields), self.now)

    def of_call(self, name: str, call: str = CALL, **fields: Any) -> list[c.Command]:
        return self.tell(f"connection.{name}", connectionid=call, **fields)

    def transfer(self, kind: str, maxtime: str | None = None) -> list[c.Command]:
        fields = {"aai": None, "connecttimeout": "20s", "maxtime": maxtime}
        return self.tell("dialog.transfer", type=kind, uri="tel:1", **fields)


def result(commands: list[c.Command]) -> tuple[Any, Any]:
    """What the dialog is told of its transfer."""
    delivery = commands[-1]
    assert isinstance(delivery, c.Delivery)
    return delivery.values["result"], delivery.values["duration"]


def test_the_dialog_starts_with_the_answer() -> None:
    (start,) = Told(is_answered=False).of_call("connected")

    assert isinstance(start, c.StartDialog)
    assert (start.order.dialog_id, start.order.connection_id) == (DIALOG, CALL)
    assert start.order.src == "http://a.example/d.vxml"


def test_the_end_of_the_dialog_is_that_of_the_application() -> None:
    told = Told()

    assert told.tell("dialog.exit", values={"expr": 7, "n": 1}) == [
        c.Exited(7, {"n": 1})
    ]
    assert told.application.is_finished
    assert told.tell("dialog.exit", values={}) == []


@pytest.mark.parametrize("name", ["error.dialog", "error.dialog.notstarted"])
def test_an_error_of_the_dialog(name: str) -> None:
    assert Told().tell(name, reason="It is too large.") == [
        c.Exited(None, {}, "It is too large")
    ]


def test_a_dialog_that_cannot_start_since_the_caller_is_gone_is_no_error() -> None:
    told = Told()
    told.of_call("disconnected")

    assert told.tell("error.dialog.notstarted", reason="It is over.") == [
        c.Exited(None, {})
    ]


def test_a_kill_ends_the_dialog_first() -> None:
    told = Told()

    assert told.tell(KILL, reason="enough") == [c.TerminateDialog(DIALOG, False, {})]
    assert told.tell(KILL_UNCONDITIONAL, reason="enough") == [
        c.Exited(None, {}, "enough")
    ]


def test_a_kill_before_the_answer() -> None:
    told = Told(is_answered=False)

    assert told.tell(KILL, reason="enough") == [c.Exited(None, {}, "enough")]


def test_what_others_send_goes_to_the_dialog() -> None:
    told = Told()
    event = Event("dialog.exit", {"a": 1}, is_sent=True)
    (delivery,) = told.application.receive(event, NOW)

    assert isinstance(delivery, c.Delivery)
    assert (delivery.target, delivery.name, delivery.values) == (DIALOG, "dialog.exit", {"a": 1})  # fmt: skip


def test_a_blind_transfer() -> None:
    told = Told()

    assert told.transfer("blind") == [c.RedirectCall(CALL, "tel:1", None, {})]
    assert result(told.of_call("redirected")) == ("", 0.0)


def test_a_bridge_lasts_until_its_limit() -> None:
    told = Told()
    (place,) = told.transfer("bridge", maxtime="30s")
    assert isinstance(place, c.PlaceCall)
    assert (place.connection_id, place.join_id, place.timeout_s) == (OTHER, CALL, 20.0)

    told.of_call("connected", OTHER)
    assert told.application.next_timer() == NOW + 30
    assert told.application.handle_timer(NOW + 29) == []
    assert told.application.handle_timer(NOW + 30) == [
        c.DropConnection(OTHER, None, {})
    ]
    told.now = NOW + 31
    assert result(told.of_call("disconnected", OTHER)) == ("maxtime_disconnect", 31.0)
    assert told.application.next_timer() is None


def test_a_consultation_merges_the_two_calls() -> None:
    told = Told()
    (place,) = told.transfer("consultation")
    assert isinstance(place, c.PlaceCall)
    assert place.join_id is None

    assert told.of_call("connected", OTHER) == [c.MergeConnections(CALL, OTHER, {})]
    assert result(told.of_call("merged")) == ("", 0.0)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("busy", "busy"),
        ("noroute", "error.connection.baddestination"),
        ("rejected", "error.connection.noauthorization"),
        ("sip:503", "network_busy"),
        ("sip:500", "error.connection.protocol.500"),
        ("License limit", "error.connection.noresource"),
        ("Number denied", "error.connection.noauthorization"),
        ("something else", "unknown"),
    ],
)
def test_why_a_transfer_fails(reason: str, outcome: str) -> None:
    told = Told()
    told.transfer("bridge")

    assert result(told.of_call("failed", OTHER, reason=reason)) == (outcome, 0.0)


def test_a_caller_who_hangs_up_ends_the_bridge() -> None:
    told = Told()
    told.transfer("bridge")
    told.of_call("connected", OTHER)

    assert told.of_call("disconnected") == [c.DropConnection(OTHER, None, {})]


def test_every_event_is_a_step_of_the_trace() -> None:
    told = Told()

    assert [step.event.name for step in told.steps] == [
        "ccxml.loaded",
        "connection.connected",
    ]
