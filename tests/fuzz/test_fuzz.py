"""A short run of the harness, and what it is made of."""

import asyncio
import re
import sys
from pathlib import Path
from random import Random

import pytest

from tests.documented import Page

from .__main__ import NOT_ALLOWED
from .behaviours import BEHAVIOURS
from .call import Call
from .descriptions import describe_oddly
from .history import History, load
from .messages import Message, keep_on_loopback
from .mutations import MOST_BYTES, mutate
from .name_server import reply_to
from .packets import rtcp_packet, rtp_packet
from .replay import substitute
from .run import KINDS
from .strangers import EPISODES
from .stream import MOST_PIECES, cut, is_framed
from .target import environment_of
from .torture import MESSAGES, to_request_within, to_response

LIMIT_S = 110.0
SEEDS = range(300)


async def test_what_native_code_throws_is_no_finding_of_the_sanitizer(
    tmp_path: Path,
) -> None:
    """With the usual module, whose second endpoint is refused where nothing catches it."""
    twice = "import pjsua2\nfirst = pjsua2.Endpoint()\npjsua2.Endpoint()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", twice),
        env=environment_of(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert b"terminate called after throwing an instance of 'pj::Error'" in output


async def test_a_short_run_leaves_everything_as_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", "6", "--seed", "11"]
    process = await asyncio.create_subprocess_exec(
        *(*command, "--keep", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == NOT_ALLOWED:
        pytest.skip(told.decode())
    assert process.returncode == 0, told.decode()


def invite() -> Message:
    return MESSAGES["sdp01"](Random(1))


def proper_response() -> Message:
    call = Call("x.1", Random(1), invite(), "udp", lambda _: None, lambda *_: None)
    return call.response(200)


def test_what_is_sent_follows_from_the_seed() -> None:
    made = [
        [mutate(invite(), Random(seed)) for seed in SEEDS]
        + [describe_oddly(Random(seed)) for seed in SEEDS]
        + [rtp_packet(Random(seed), 1) + rtcp_packet(Random(seed)) for seed in SEEDS]
        for _ in range(2)
    ]

    assert made[0] == made[1]
    assert len(set(made[0])) > 2.5 * len(SEEDS)
    assert max(map(len, made[0])) <= 65_507
    assert all(len(raw) <= MOST_BYTES for raw in made[0][: len(SEEDS)])


def test_mutations_leave_the_message_itself_alone() -> None:
    message = invite()
    before = message.encode()

    for seed in SEEDS:
        mutate(message, Random(seed))

    assert message.encode() == before


def test_no_address_leads_away_from_loopback() -> None:
    raw = b"c=IN IP4 192.0.2.1\r\nContact: <sip:8.8.8.8:5060>\r\nv=1.2.3\r\n127.0.0.9"

    kept = keep_on_loopback(raw)

    assert (
        kept
        == b"c=IN IP4 127.0.2.1\r\nContact: <sip:127.8.8.8:5060>\r\nv=1.2.3\r\n127.0.0.9"
    )


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_torture_messages_fit_a_call(name: str) -> None:
    message = MESSAGES[name](Random(1))
    proper = proper_response()

    response = to_response(message, proper)
    request = to_request_within(message, invite())

    assert response.start.startswith("SIP/")
    for header in ("Via", "From", "To", "Call-ID"):
        assert response.get(header) == proper.get(header)
        assert request.get(header) == invite().get(header)


def test_a_message_is_read_as_it_was_written() -> None:
    message = invite()

    read = Message.parse(message.encode())

    assert read.start == message.start
    assert read.headers[:-1] == message.headers
    assert read.body == message.body
    assert read.name == "INVITE"
    assert proper_response().name == "200 INVITE"


def test_a_message_is_sent_again_with_the_values_of_the_new_call() -> None:
    old = {"call_id": "abc", "branch 1": "z9hG4bKabc", "tag": ""}

    raw = substitute(b"Via: x;branch=z9hG4bKabc\r\nCall-ID: abc\r\n", old, {"call_id": "n", "branch 1": "b"})  # fmt: skip

    assert raw == b"Via: x;branch=b\r\nCall-ID: n\r\n"


def test_connections_end_behind_what_cannot_be_followed() -> None:
    message = invite().encode()

    assert is_framed(message)
    assert is_framed(message.replace(b"Content-Length", b"L"))
    for broken in (
        message[:-1],
        message + b"x",
        message.replace(b"Content-Length", b"X"),
    ):
        assert not is_framed(broken)


@pytest.mark.parametrize("size", [0, 1, 3, 500])
def test_pieces_are_the_whole_message(size: int) -> None:
    message = invite().encode()

    pieces = cut(message, size)

    assert b"".join(pieces) == message
    assert len(pieces) <= MOST_PIECES + 1
    assert len(pieces[0]) == min(size or len(message), len(message))


def test_history_keeps_bytes_as_they_were(tmp_path: Path) -> None:
    history = History(kept=2)
    history.note("sent", "refer.1", "udp", b"old")
    history.note(
        "sent", "refer.1", "udp", bytes(range(256)), heard=3, values={"tag": "x"}
    )
    history.note("sent", "streams.1", "stream 1", None)

    history.save(tmp_path / "history.jsonl")
    first, second = load(tmp_path / "history.jsonl")

    assert (first.data, first.heard, first.values) == (
        bytes(range(256)),
        3,
        {"tag": "x"},
    )
    assert second.data is None


def test_names_lead_to_loopback_to_nowhere_or_get_lost() -> None:
    def ask(name: bytes) -> bytes | None:
        labels = b"".join(bytes([len(part)]) + part for part in name.split(b"."))
        return reply_to(b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1")

    assert (ask(b"x.invalid") or b"").endswith(b"\x7f\0\0\1")
    assert (ask(b"nowhere.invalid") or b"")[3] & 15 == 3
    assert ask(b"silent.invalid") is None


def test_every_kind_has_a_name_of_its_own_and_is_described() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|", Page("fuzzing.md").section("## What is sent"), re.MULTILINE
    )

    assert not BEHAVIOURS.keys() & EPISODES.keys()
    assert sorted(rows) == sorted(KINDS)
