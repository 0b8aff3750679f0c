"""``outring records``, and the one form that records have as JSON."""

import asyncio
import csv
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli.records import COUNTED
from engine.config.toml_file import InvalidError
from engine.model.call_progress import CallProgressEvent, CallProgressResult
from engine.model.call_record import Attempt, CallRecord
from engine.model.stream_record import StreamRecord
from engine.records.record_search import COUNTABLE, matches, moment, record_filter
from engine.records.record_view import record_view
from engine.store import Store, open_store
from sip.call_progress import AnsweredBy, ProgressType
from tests.engine.process import COMMAND, LIMIT_S, command

BEGAN = 1_700_000_000.0
WHOLE = CallRecord(
    id="node-1",
    received=BEGAN,
    node="127.0.0.1",
    application_uuid="0c5f",
    account="acme",
    application="hello",
    action="makeCall",
    to="sip:bob@127.0.0.1",
    from_uri="sip:bvr@127.0.0.1",
    ani="bvr",
    dnis="bob",
    result="Call connected",
    wait_ran_out=True,
    client_result="Request timeout",
    disposition="answered",
    hangup_by="caller",
    end_requester="client",
    q850_cause=16,
    hangup_text="Normal call clearing",
    application_end="error",
    application_error="error.semantic: x (line 12)",
    sip_status=200,
    sip_reason="OK",
    sip_origin="remote",
    headers={"Contact": "<sip:bob@127.0.0.1>"},
    call_id="call-1",
    proxy="edge",
    campaign="spring",
    contact="customer-1",
    attempts=[
        Attempt(
            "call-0",
            "sip:bob@127.0.0.1",
            status=503,
            invite=BEGAN,
            ended=BEGAN + 0.5,
            setup=250.0,
            answer=400.0,
        )
    ],
    invite=BEGAN + 1,
    trying=BEGAN + 1.25,
    ringing=BEGAN + 1.5,
    answered=BEGAN + 3,
    ack=BEGAN + 3,
    bye=BEGAN + 13,
    ended=BEGAN + 13.5,
    call_progress=CallProgressResult(
        [CallProgressEvent(ProgressType.MACHINE, BEGAN + 9)], AnsweredBy.MACHINE
    ),
    stream=StreamRecord(
        "bots.example",
        connected_at=BEGAN + 2,
        first_audio_at=BEGAN + 4,
        frames_to_server=500,
        ended_by="lost",
        reason="It broke.",
    ),
    recordings=["rec-1"],
)


def test_the_form_of_a_whole_record() -> None:
    assert record_view(WHOLE) == {
        "type": "Call",
        "callIndexFull": "node-1",
        "applicationUUID": "0c5f",
        "launchedType": "OUTBOUND_API",
        "action": "makeCall",
        "accountId": "acme",
        "applicationId": "hello",
        "direction": "outbound",
        "state": "ended",
        "result": "Call connected",
        "clientResult": "Request timeout",
        "disposition": "answered",
        "hangupBy": "caller",
        "endRequestedBy": "client",
        "hangupCause": {"number": 16, "text": "Normal call clearing"},
        "applicationEnd": {"how": "error", "reason": "error.semantic: x (line 12)"},
        "start": "2023-11-14T22:13:20.000000+00:00",
        "end": "2023-11-14T22:13:33.500000+00:00",
        "startEpoch": 1_700_000_000_000,
        "endEpoch": 1_700_000_013_500,
        "duration": 10_500,
        "talkMs": 10_500,
        "from": "sip:bvr@127.0.0.1",
        "to": "sip:bob@127.0.0.1",
        "ani": "bvr",
        "dnis": "bob",
        "bvrMachine": "127.0.0.1",
        "node": "127.0.0.1",
        "callId": "call-1",
        "proxy": "edge",
        "campaign": "spring",
        "contact": "customer-1",
        "sip": {"status": 200, "reason": "OK", "origin": "remote"},
        "q850Cause": 16,
        "headers": {"Contact": "<sip:bob@127.0.0.1>"},
        "attempts": [
            {
                "callId": "call-0",
                "address": "sip:bob@127.0.0.1",
                "status": 503,
                "invite": "2023-11-14T22:13:20.000000+00:00",
                "ended": "2023-11-14T22:13:20.500000+00:00",
                "setup": 250.0,
                "answer": 400.0,
            }
        ],
        "times": {
            "received": "2023-11-14T22:13:20.000000+00:00",
            "invite": "2023-11-14T22:13:21.000000+00:00",
            "trying": "2023-11-14T22:13:21.250000+00:00",
            "ringing": "2023-11-14T22:13:21.500000+00:00",
            "answered": "2023-11-14T22:13:23.000000+00:00",
            "ack": "2023-11-14T22:13:23.000000+00:00",
            "bye": "2023-11-14T22:13:33.000000+00:00",
            "ended": "2023-11-14T22:13:33.500000+00:00",
        },
        "timings": {"queued": 1000, "setup": 500, "answer": 2000},
        "callProgress": {
            "verdict": "machine",
            "events": [
                {"type": "amd_machine", "at": "2023-11-14T22:13:29.000000+00:00"}
            ],
        },
        "stream": {
            "host": "bots.example",
            "connectedAt": "2023-11-14T22:13:22.000000+00:00",
            "firstAudioAt": "2023-11-14T22:13:24.000000+00:00",
            "framesToServer": 500,
            "framesFromServer": 0,
            "framesDropped": 0,
            "framesLate": 0,
            "clears": 0,
            "marks": 0,
            "reconnects": 0,
            "invalidMessages": 0,
            "maxBufferedMs": 0,
            "maxClearMs": 0,
            "endedBy": "lost",
            "reason": "It broke.",
        },
        "recordings": ["rec-1"],
        "waitRanOut": True,
        "answeredAfterCancel": False,
        "forced": False,
    }
    assert next(iter(record_view(WHOLE)["times"])) == "received"


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({}, "dialing"),
        ({"invite": 1.0, "trying": 2.0}, "dialing"),
        ({"invite": 1.0, "ringing": 2.0}, "ringing"),
        ({"ringing": 2.0, "answered": 3.0}, "connected"),
        ({"answered": 3.0, "result": "Call connected"}, "connected"),
        ({"answered": 3.0, "ended": 4.0}, "ended"),
        ({"result": "Number denied", "ended": 0.0}, "ended"),
    ],
)
def test_state(times: dict[str, Any], state: str) -> None:
    view = record_view(CallRecord(id="1", received=0.0, node="n", **times))

    assert view["state"] == state
    assert None not in view.values()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", BEGAN - 7200),
        ("1.5d", BEGAN - 129_600),
        ("2023-11-14T22:13:20", BEGAN),
        ("2023-11-14T23:13:20+01:00", BEGAN),
        ("2023-11-14", 1_699_920_000.0),
    ],
)
def test_moments(text: str, at: float) -> None:
    assert moment(text, BEGAN) == at


@pytest.mark.parametrize("text", ["", "h", "2y", "-2h", "2h ago", "99:99"])
def test_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="neither a time"):
        moment(text, BEGAN)


def test_every_mistake_of_a_filter() -> None:
    given = {"sip_status": "x", "since": "x", "nonsense": "x", "to": "x"}

    with pytest.raises(InvalidError) as refused:
        record_filter(given, BEGAN)

    assert [mistake.place for mistake in refused.value.mistakes] == [
        "sip_status",
        "since",
        "nonsense",
    ]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with two records."""
    opened = await open_store(f"sqlite:///{tmp_path}/outring.db")
    live = CallRecord(
        id="node-2", received=BEGAN + 60, node="n", to="tel:+49", application="other"
    )
    await opened.write([WHOLE, live])
    yield opened
    await opened.aclose()


FIRST, SECOND = (
    "f3f155cd-1c82-4bb4-b070-9a3e02ee31fa",
    "f3f155cd-1c83-4bb4-b070-9a3e02ee31fb",
)


async def test_a_uuid_may_be_short(tmp_path: Path, store: Store) -> None:
    await store.write(
        [
            CallRecord(id=uuid, received=BEGAN, node="n", application_uuid=uuid)
            for uuid in (FIRST, SECOND)
        ]
    )

    _, shown, _ = await outring(tmp_path, "show", FIRST[:13], "--json")
    _, counted, _ = await outring(tmp_path, "--uuid", FIRST[:8], "--count")
    status, _, err = await outring(tmp_path, "show", FIRST[:8])

    assert json.loads(shown)["applicationUUID"] == FIRST
    assert counted == "2\n"
    assert (status, FIRST in err, SECOND in err) == (2, True, True)


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [(FIRST, True), (FIRST[:8], True), (FIRST[:7], False), (SECOND[:13], False)],
)
def test_a_follower_takes_short_ones_too(wanted: str, is_found: bool) -> None:
    record = CallRecord(id="1", received=BEGAN, node="n", application_uuid=FIRST)

    assert (
        matches(record_filter({"application_uuid": wanted}, BEGAN), record) is is_found
    )


async def outring(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run ``outring records`` with the database in *folder*."""
    url = f"sqlite:///{folder}/outring.db"
    return await command("records", *arguments, OUTRING_DATABASE_URL=url)


FILTERS = [
    (("--application", "hello"), ["node-1"]),
    (("--account", "acme"), ["node-1"]),
    (("--result", "Call connected"), ["node-1"]),
    (("--disposition", "answered"), ["node-1"]),
    (("--disposition", "busy"), []),
    (("--to", "BOB@"), ["node-1"]),
    (("--to", "+49"), ["node-2"]),
    (("--uuid", "0c5f"), ["node-1"]),
    (("--status", "200"), ["node-1"]),
    (("--node", "n"), ["node-2"]),
    (("--call-id", "call-1"), ["node-1"]),
    (("--since", "2023-11-14T22:14:00"), ["node-2"]),
    (("--until", "2023-11-14T22:14:00"), ["node-1"]),
    (("--live",), ["node-2"]),
    (("--ended",), ["node-1"]),
    (("--limit", "1"), ["node-2"]),
    (("--since", "1h"), []),
    ((), ["node-1", "node-2"]),
]


@pytest.mark.parametrize(("options", "found"), FILTERS)
async def test_filters_and_json_lines(
    store: Store, tmp_path: Path, options: tuple[str, ...], found: list[str]
) -> None:
    status, out, err = await outring(tmp_path, "--json", *options)

    assert status == 0, err
    assert [json.loads(line)["callIndexFull"] for line in out.splitlines()] == found


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"application": "hello"},
        {"disposition": "answered"},
        {"to": "BOB@"},
        {"to": "tel"},
        {"sip_status": "200"},
        {"since": "2023-11-14T22:14:20"},
        {"until": "2023-11-14T22:14:20"},
        {"is_live": "true"},
        {"is_live": "false"},
        {"has_failed": "true"},
        {"has_failed": "false"},
        {"sip_status": "2xx"},
        {"sip_class": "4"},
        {"proxy": "edge"},
        {"campaign": "spring"},
        {"contact": "customer-1"},
        {"node": "n", "to": "4"},
    ],
)
async def test_what_is_followed_is_what_the_database_finds(
    store: Store, given: dict[str, str]
) -> None:
    wanted = record_filter(given, BEGAN)
    everything = await store.find_records(record_filter({}, BEGAN))

    assert [record for record in everything if matches(wanted, record)] == (
        await store.find_records(wanted)
    )


async def test_the_table_has_the_newest_last(store: Store, tmp_path: Path) -> None:
    status, out, _ = await outring(tmp_path)

    assert status == 0
    heading, first, second = (line.split("\t") for line in out.splitlines())
    assert heading[:3] == ["start (UTC)", "result or state", "disposition"]
    assert first == [
        "2023-11-14T22:13:20.000000+00:00",
        "Call connected",
        "answered (application error)",
        "200",
        "10.5",
        "hello",
        "sip:bob@127.0.0.1",
        "0c5f",
    ]
    assert [cell for cell in second[1:] if cell] == ["dialing", "other", "tel:+49"]


def test_what_is_offered_is_what_can_be_counted() -> None:
    assert sorted(COUNTED) == sorted(COUNTABLE)


async def test_csv_has_the_same_columns(store: Store, tmp_path: Path) -> None:
    _, text, _ = await outring(tmp_path, "--csv")
    _, piped, _ = await outring(tmp_path)

    rows = list(csv.reader(text.splitlines()))
    assert rows == [line.split("\t") for line in piped.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("--count",), "2\n"),
        (("--count", "--proxy", "edge"), "1\n"),
        (("--count", "--contact", "customer-1"), "1\n"),
        (("--count", "--status", "2xx"), "1\n"),
        (("--count", "--status", "5xx"), "0\n"),
        (("--count", "--failed"), "0\n"),
        (("--by", "node"), "node\trecords\n127.0.0.1\t1\nn\t1\n"),
        (("--by", "status", "--ended", "--csv"), "status,records\r\n200,1\r\n"),
    ],
)
async def test_records_are_counted(
    store: Store, tmp_path: Path, arguments: tuple[str, ...], printed: str
) -> None:
    assert (await outring(tmp_path, *arguments))[:2] == (0, printed)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--application", "helo"), "There is no application helo"),
        (("--node", "127.0.0.2"), "(did you mean 127.0.0.1?)"),
        (("--proxy", "edg", "--count"), "There is no proxy edg"),
        (("--campaign", "sprin", "--count"), "There is no campaign sprin"),
        (("--result", "Cal connected"), "(did you mean Call connected?)"),
        (("--by", "nothing"), "nothing is nothing that records are counted by"),
    ],
)
async def test_what_is_misspelt_is_refused(
    store: Store, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    status, out, err = await outring(tmp_path, *arguments)

    assert (status, out) == (2, "")
    assert sentence in err


async def test_whoever_reads_makes_no_database(tmp_path: Path) -> None:
    status, out, err = await outring(tmp_path)

    assert (status, out) == (2, "")
    assert err.startswith(f"outring: There is no database {tmp_path}/outring.db:")
    assert not list(tmp_path.iterdir())


async def test_one_record_whole(store: Store, tmp_path: Path) -> None:
    status, out, _ = await outring(tmp_path, "show", "0c5f")
    _, as_json, _ = await outring(tmp_path, "show", "0c5f", "--json")

    assert status == 0
    for words in ("sip.status", "times.answered", "attempt 1 status", "node-1"):
        assert words in out
    assert json.loads(as_json) == record_view(WHOLE)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("show", "none"), 1, "There is no record of none."),
        (("--since", "yesterday"), 2, "yesterday is neither a time"),
        (("--status", "x"), 2, "x is not a SIP status"),
        (("--disposition", "x"), 2, "x is no disposition"),
        (("--live", "--follow"), 2, "not with --live"),
    ],
)
async def test_wrong_use(
    store: Store,
    tmp_path: Path,
    arguments: tuple[str, ...],
    status: int,
    sentence: str,
) -> None:
    found, out, err = await outring(tmp_path, *arguments)

    assert (found, out) == (status, "")
    assert sentence in err


async def test_follow_prints_records_as_they_end(store: Store, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("records", "--follow", "--json", "--application", "other"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "OUTRING_DATABASE_URL": f"sqlite:///{tmp_path}/outring.db"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            states = [json.loads(await process.stdout.readline())["state"]]
            ringing = CallRecord(
                id="node-2", received=BEGAN + 60, node="n", application="other"
            )
            ringing.ringing = BEGAN + 61
            await store.write([ringing, WHOLE])
            ringing.ended = BEGAN + 62
            await store.write([ringing])
            states.append(json.loads(await process.stdout.readline())["state"])
            process.send_signal(signal.SIGINT)
            rest = await process.stdout.read()
            status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert states == ["dialing", "ended"]
    assert (rest, status) == (b"", 0)
