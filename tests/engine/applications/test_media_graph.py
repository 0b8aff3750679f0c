"""join, conferences and joinid: who hears whom, as computed and by the RTP that arrives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.applications import media_graph
from engine.applications.media_graph import MAX_MEMBERS, BridgeError, Edge, MediaGraph
from tests.ccxml.playing import EXIT, log, on
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage, createcall, var
from tests.engine.applications.story import CONNECTED, DISCONNECTED, LOADED, Story, play
from tests.sipp.rtp import TONES, RtpEnd, at, rtp_end
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    invite,
    pause,
    reply,
)

A, B, C = TONES
JOINED, UNJOINED = "conference.joined", "conference.unjoined"
NOT_JOINED = "error.conference.join"

# -- computed --------------------------------------------------------------------

CONNECTIONS = "abcdef"
DIALOGS = [f"{connection}{number}" for connection in CONNECTIONS for number in (1, 2)]
NAMES = {"M": "room", "N": "room", "O": "hall", "P": None}
SMALL = 3  # members, so that conferences get full


class Model:
    """The same as a set of pairs: who listens by which ids to whom."""

    def __init__(self) -> None:
        self.pairs: set[Edge] = set()  # listener and source, as they were joined
        self.open: set[str] = set()

    def ids(self, conference: str) -> set[str]:
        """All ids of the same conference."""
        name = NAMES[conference]
        return {conference} | {
            other for other in self.open if name is not None and NAMES[other] == name
        }

    def members(self, conference: str) -> set[str]:
        """All connections in a conference."""
        ids = self.ids(conference)
        return {
            identity for pair in self.pairs if ids & set(pair) for identity in pair
        } - ids

    def refuses(self, id1: str, id2: str) -> bool:
        """Whether the two cannot be joined."""
        rooms, others = self.open & {id1, id2}, {id1, id2} - self.open
        if id1 == id2 or len(rooms) == 2:
            return True
        return any(
            others.isdisjoint(self.members(room)) and len(self.members(room)) >= SMALL
            for room in rooms
        )

    def hear(self, listener: str, source: str) -> None:
        """Join one way."""
        ids = self.ids(listener) if listener in self.open else {listener}
        self.pairs = {
            (hearer, heard)
            for hearer, heard in self.pairs
            if hearer not in ids or (listener in self.open and heard != source)
        } | {(listener, source)}

    def forget(self, identity: str) -> set[str]:
        """An end point is gone; whom it was joined with."""
        gone = {pair for pair in self.pairs if identity in pair}
        self.pairs -= gone
        return {member for pair in gone for member in pair} - {identity}

    def links(self) -> set[Edge]:
        """Who hears whom."""
        found: set[Edge] = set()
        for listener, source in self.pairs:
            if listener in CONNECTIONS and source in CONNECTIONS:
                found.add((source, listener))
            elif listener in CONNECTIONS and source not in DIALOGS:
                ids = self.ids(source)
                talkers = {heard for hearer, heard in self.pairs if hearer in ids}
                found |= {(talker, listener) for talker in talkers - {listener}}
        return found


ENDS = st.sampled_from([*CONNECTIONS, *NAMES])
STEPS = st.one_of(
    st.tuples(st.just("join"), ENDS, ENDS, st.booleans()),
    st.tuples(st.just("unjoin"), ENDS, ENDS),
    st.tuples(st.just("close"), st.sampled_from([*NAMES])),
    st.tuples(st.just("remove"), st.sampled_from(CONNECTIONS)),
    st.tuples(
        st.sampled_from(["speak", "hush"]),
        st.sampled_from(DIALOGS),
    ),
)


@given(st.lists(STEPS, max_size=40))
def test_any_sequence(steps: list[tuple[Any, ...]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media_graph, "MAX_MEMBERS", SMALL)
        real, model, links = MediaGraph(), Model(), set[Edge]()
        for step, *args in steps:
            for identity in set(args) & set(NAMES) - model.open:
                real.open(identity, NAMES[identity])
                model.open.add(identity)
            DO[step](real, model, *args)
            added, gone = map(set, real.take_changes())
            assert not added & links
            assert gone <= links
            links = links - gone | added
            assert links == model.links()
        for identity in model.open:
            real.close(identity)
        for dialog in DIALOGS:
            real.mute(dialog, dialog[0])
        for identity in CONNECTIONS:
            real.remove(identity)
        _, gone = map(set, real.take_changes())
        assert gone == links
        assert not any(
            (real._inputs, real._conferences, real._named, real._links, real.dialogs)
        )


def _join(real: MediaGraph, model: Model, id1: str, id2: str, is_full: bool) -> None:
    if model.refuses(id1, id2):
        with pytest.raises(BridgeError):
            real.join(id1, id2, is_full=is_full)
        return
    real.join(id1, id2, is_full=is_full)
    model.hear(id1, id2)
    if is_full:
        model.hear(id2, id1)


def _unjoin(real: MediaGraph, model: Model, id1: str, id2: str) -> None:
    pairs = {(id1, id2), (id2, id1)}
    if model.pairs.isdisjoint(pairs):
        with pytest.raises(BridgeError):
            real.unjoin(id1, id2)
    else:
        real.unjoin(id1, id2)
    model.pairs -= pairs


def _close(real: MediaGraph, model: Model, conference: str) -> None:
    torn = {(other, conference) for other in model.forget(conference)}
    assert set(real.close(conference)) == torn
    model.open.discard(conference)


def _remove(real: MediaGraph, model: Model, connection: str) -> None:
    torn = {(connection, other) for other in model.forget(connection)}
    assert set(real.remove(connection)) == torn


def _speak(real: MediaGraph, model: Model, dialog: str) -> None:
    """It is heard instead of all else, and others still hear the connection."""
    connection = dialog[0]
    real.start_speaking(dialog, connection)
    model.hear(connection, dialog)
    assert real.is_heard(dialog, connection)


def _hush(real: MediaGraph, model: Model, dialog: str) -> None:
    connection = dialog[0]
    assert real.is_heard(dialog, connection) == ((connection, dialog) in model.pairs)
    real.mute(dialog, connection)
    model.pairs.discard((connection, dialog))


DO = {
    "join": _join,
    "unjoin": _unjoin,
    "close": _close,
    "remove": _remove,
    "speak": _speak,
    "hush": _hush,
}


def test_members_of_a_conference() -> None:
    real = MediaGraph()
    real.open("M", "room")
    real.open("N", "room")
    for number in range(MAX_MEMBERS):
        real.join(f"c{number}", "MN"[number % 2], is_full=True)
    with pytest.raises(BridgeError, match=f"has its {MAX_MEMBERS} members"):
        real.join("M", "one too many", is_full=False)
    real.join("c0", "N", is_full=False)  # it is in there
    added, _ = real.take_changes()
    everybody = [f"c{number}" for number in range(MAX_MEMBERS)]
    assert set(added) == set(permutations(everybody, 2))


# -- heard -----------------------------------------------------------------------

ANSWERED = (invite(), answer(), ack())
LOOK = (
    "session.connections[event$.id].input + ' | ' "
    "+ session.connections[event$.id].outputs.join(' ')"
)
DOCUMENT = (
    on("call", createcall("event$.dest")),
    on("join", '<join id1="event$.id1" id2="event$.id2" duplex="event$.duplex"/>'),
    on("unjoin", '<unjoin id1="event$.id1" id2="event$.id2"/>'),
    on("open", '<createconference conferenceid="room" confname="event$.confname"/>'),
    on("open.own", '<createconference conferenceid="room"/>'),
    on("close", '<destroyconference conferenceid="event$.id"/>'),
    on("hang.up", '<disconnect connectionid="event$.id"/>'),
    on("look", log(LOOK)),
    on("leave", EXIT),
    on("error.*"),
)


@dataclass
class Party:
    """A connection of a document, and its far end's RTP."""

    id: str
    rtp: RtpEnd


@asynccontextmanager
async def acting(
    stage: Stage, *transitions: str, **fields: Any
) -> AsyncIterator[Story]:
    """A document that does what events say, and leaves at the end."""
    story = await play(stage, *transitions, *DOCUMENT, before=var("room"), of=fields)
    yield story
    story.send("leave")
    await story.over()


@asynccontextmanager
async def parties(
    story: Story, sipp: SippFactory, *tones: int, end: str = bye()
) -> AsyncIterator[list[Party]]:
    """Callees that have answered, each with a tone of its own; we hang up, if not *end*."""
    async with AsyncExitStack() as stack:
        found: list[Party] = []
        for tone in tones:
            rtp = await stack.enter_async_context(rtp_end(tone))
            steps = (invite(), at(rtp, answer()), ack(), end)
            callee = await stack.enter_async_context(sipp(*steps))
            before = len(story.all(CONNECTED))
            story.send("call", dest=callee.uri)
            connected = await story.told(CONNECTED, before + 1)
            found.append(Party(connected["connectionid"], rtp))
        yield found
        if end == bye():
            for party in found:
                story.send("hang.up", id=party.id)


async def looked(story: Story, party: Party) -> str:
    """What the document sees of the connection: its input, and its outputs."""
    before = len(story.log)
    story.send("look", id=party.id)
    async with asyncio.timeout(5):
        while len(story.log) == before:
            await asyncio.sleep(0.01)
    return story.log[-1]


@pytest.mark.sipp
async def test_two_connections(stage: Stage, sipp: SippFactory) -> None:
    async with (
        acting(stage) as story,
        parties(story, sipp, A, B) as (party_a, party_b),
    ):
        await asyncio.gather(party_a.rtp.hears(), party_b.rtp.hears())
        story.send("join", id1=party_a.id, id2=party_b.id, duplex="full")
        joined = await story.told(JOINED)
        assert (joined["id1"], joined["id2"]) == (party_a.id, party_b.id)
        await asyncio.gather(party_a.rtp.hears(B), party_b.rtp.hears(A))
        assert await looked(story, party_a) == f"{party_b.id} | {party_b.id}"

        story.send("unjoin", id1=party_a.id, id2=party_b.id)
        unjoined = await story.told(UNJOINED)
        assert (unjoined["id1"], unjoined["id2"]) == (party_a.id, party_b.id)
        await asyncio.gather(party_a.rtp.hears(), party_b.rtp.hears())

        story.send("join", id1=party_a.id, id2=party_b.id, duplex="half")
        assert (await story.told(JOINED, 2))["duplex"] == "half"
        await asyncio.gather(party_a.rtp.hears(B), party_b.rtp.hears())
        assert await looked(story, party_a) == f"{party_b.id} | "
        assert await looked(story, party_b) == f"undefined | {party_a.id}"

        story.send("unjoin", id1=party_b.id, id2=party_a.id)
        await story.told(UNJOINED, 2)
        story.send("unjoin", id1=party_b.id, id2=party_a.id)
        await story.told("error.conference.unjoin")


@pytest.mark.sipp
async def test_join_that_replaces_another(stage: Stage, sipp: SippFactory) -> None:
    """That is not told; who was heard before still hears."""
    async with (
        acting(stage) as story,
        parties(story, sipp, A, B, C) as (party_a, party_b, party_c),
    ):
        story.send("join", id1=party_a.id, id2=party_b.id, duplex="full")
        story.send("join", id1=party_a.id, id2=party_c.id, duplex="full")
        await story.told(JOINED, 2)
        await asyncio.gather(
            party_a.rtp.hears(C), party_b.rtp.hears(A), party_c.rtp.hears(A)
        )
        assert (
            await looked(story, party_a) == f"{party_c.id} | {party_b.id} {party_c.id}"
        )
        assert not story.all(UNJOINED)


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("direction", "is_heard", "hears"),
    [("both", True, True), ("calltransmit", True, False), ("callreceive", False, True)],
)
async def test_joinid(
    stage: Stage, sipp: SippFactory, direction: str, *, is_heard: bool, hears: bool
) -> None:
    join = createcall("event$.dest", joinid="event$.id", joindirection=f"'{direction}'")
    async with (
        rtp_end(B) as rtp,
        acting(stage, on("call.join", join)) as story,
        parties(story, sipp, A) as (party_a,),
        sipp(
            invite(), reply(180), pause(200), at(rtp, answer()), ack(), bye()
        ) as callee,
    ):
        story.send("call.join", dest=callee.uri, id=party_a.id)
        connected = await story.told(CONNECTED, 2)
        party_b = Party(connected["connectionid"], rtp)
        await asyncio.gather(
            party_a.rtp.hears(*[B] * is_heard), party_b.rtp.hears(*[A] * hears)
        )
        heard, listener = party_b.id if is_heard else "", party_b.id if hears else ""
        assert await looked(story, party_a) == f"{heard or 'undefined'} | {listener}"
        heard, listener = party_a.id if hears else "", party_a.id if is_heard else ""
        assert await looked(story, party_b) == f"{heard or 'undefined'} | {listener}"
        assert not story.all(JOINED)
        story.send("hang.up", id=party_b.id)


@pytest.mark.sipp
async def test_joinid_of_a_conference(stage: Stage, sipp: SippFactory) -> None:
    join = createcall("event$.dest", joinid="room")
    async with (
        rtp_end(B) as rtp,
        acting(stage, on("call.join", join)) as story,
        parties(story, sipp, A) as (party_a,),
        sipp(invite(), at(rtp, answer()), ack(), bye()) as callee,
    ):
        story.send("open.own")
        room = (await story.told("conference.created"))["conferenceid"]
        story.send("join", id1=party_a.id, id2=room, duplex="full")
        story.send("call.join", dest=callee.uri)
        party_b = Party((await story.told(CONNECTED, 2))["connectionid"], rtp)
        await asyncio.gather(party_a.rtp.hears(B), party_b.rtp.hears(A))
        assert await looked(story, party_b) == f"{room} | {room}"
        assert len(story.all(JOINED)) == 1
        story.send("hang.up", id=party_b.id)


@pytest.mark.sipp
async def test_joinid_of_a_connection_that_is_not_answered(
    stage: Stage, sipp: SippFactory
) -> None:
    """The call goes on, and nothing shows a bridge that there is not."""
    ringing = (invite(), reply(180), cancel(), reply(487), ack())
    join = createcall("event$.dest", joinid="event$.id")
    async with (
        acting(stage, on("call.join", join)) as story,
        sipp(*ringing) as other,
        sipp(*ANSWERED, bye()) as callee,
    ):
        story.send("call", dest=other.uri)
        waiting = (await story.told("connection.progressing"))["connectionid"]
        story.send("call.join", dest=callee.uri, id=waiting)
        connected = await story.told(CONNECTED)
        failed = story.the(NOT_JOINED)
        assert (failed["id1"], failed["id2"]) == (connected["connectionid"], waiting)
        story.send("look", id=connected["connectionid"])
        story.send("look", id=waiting)
        story.send("hang.up", id=connected["connectionid"])
        await story.told(DISCONNECTED)
        assert story.log == ["undefined | ", "undefined | "]
        story.send("hang.up", id=waiting)


@pytest.mark.sipp
async def test_hang_up_of_a_connection_that_is_joined(
    stage: Stage, sipp: SippFactory
) -> None:
    async with acting(stage) as story, parties(story, sipp, A) as (party_a,):
        async with parties(story, sipp, B, end=pause(1500) + hang_up()) as (party_b,):
            story.send("join", id1=party_a.id, id2=party_b.id, duplex="full")
            await party_a.rtp.hears(B)
            unjoined = await story.told(UNJOINED)
        assert (unjoined["id1"], unjoined["id2"]) == (party_b.id, party_a.id)
        await story.told(DISCONNECTED)
        names = [event.name for event in story.events]
        assert names.index(UNJOINED) < names.index(DISCONNECTED)
        await party_a.rtp.hears()
        assert await looked(story, party_a) == "undefined | "


@pytest.mark.sipp
async def test_conference_of_three(stage: Stage, sipp: SippFactory) -> None:
    async with (
        acting(stage) as story,
        parties(story, sipp, A, B) as (party_a, party_b),
    ):
        story.send("open.own")
        room = (await story.told("conference.created"))["conferenceid"]
        async with parties(story, sipp, C) as (party_c,):
            for party in (party_a, party_b, party_c):
                story.send("join", id1=party.id, id2=room, duplex="full")
            await asyncio.gather(
                party_a.rtp.hears(B, C),
                party_b.rtp.hears(A, C),
                party_c.rtp.hears(A, B),
            )
        unjoined = await story.told(UNJOINED)
        assert (unjoined["id1"], unjoined["id2"]) == (party_c.id, room)
        await asyncio.gather(party_a.rtp.hears(B), party_b.rtp.hears(A))

        story.send("close", id=room)
        assert (await story.told("conference.destroyed"))["reason"] == "destroyed"
        gone = {(each["id1"], each["id2"]) for each in story.all(UNJOINED)[1:]}
        assert gone == {(party_a.id, room), (party_b.id, room)}
        await asyncio.gather(party_a.rtp.hears(), party_b.rtp.hears())
        assert await looked(story, party_a) == "undefined | "


@pytest.mark.sipp
async def test_listener_of_a_conference(stage: Stage, sipp: SippFactory) -> None:
    async with (
        acting(stage) as story,
        parties(story, sipp, A, B) as (party_a, party_b),
    ):
        story.send("open.own")
        room = (await story.told("conference.created"))["conferenceid"]
        story.send("join", id1=room, id2=party_a.id, duplex="half")
        story.send("join", id1=party_b.id, id2=room, duplex="half")
        await asyncio.gather(party_a.rtp.hears(), party_b.rtp.hears(A))


@pytest.mark.sipp
async def test_join_of_a_connection_that_is_not_answered(
    stage: Stage, sipp: SippFactory
) -> None:
    ringing = (invite(), reply(180), cancel(), reply(487), ack())
    async with acting(stage) as story, sipp(*ringing) as callee:
        story.send("open.own")
        room = (await story.told("conference.created"))["conferenceid"]
        story.send("call", dest=callee.uri)
        ringing = (await story.told("connection.progressing"))["connectionid"]
        story.send("join", id1=ringing, id2=room, duplex="full")
        failed = await story.told(NOT_JOINED)
        assert (failed["id1"], failed["id2"]) == (ringing, room)
        assert "not answered" in failed["reason"]
        story.send("hang.up", id=ringing)


@pytest.mark.sipp
async def test_one_member_too_many(stage: Stage, sipp: SippFactory) -> None:
    everybody = MAX_MEMBERS + 1
    call = createcall("session.values.to") * everybody
    join = '<join id1="event$.connectionid" id2="room"/>'
    async with sipp(*ANSWERED, bye(), calls=everybody) as callee:
        story = await play(
            stage,
            on(LOADED, '<createconference conferenceid="room"/>', call),
            on(CONNECTED, join),
            on(NOT_JOINED, EXIT),
            before=var("room"),
            to=callee.uri,
        )
        await story.over()

    failed = story.the(NOT_JOINED)
    assert f"has its {MAX_MEMBERS} members" in failed["reason"]
    assert len(story.all(JOINED)) == MAX_MEMBERS


@pytest.mark.sipp
async def test_conference_of_two_sessions(stage: Stage, sipp: SippFactory) -> None:
    """By its name, within an account."""
    async with (
        acting(stage) as first,
        acting(stage) as second,
        acting(stage, account="small") as third,
        parties(first, sipp, A) as (party_a,),
        parties(second, sipp, B) as (party_b,),
        parties(third, sipp, C) as (party_c,),
    ):
        members = ((first, party_a), (second, party_b), (third, party_c))
        for story, party in members:
            story.send("open", confname="room")
            room = (await story.told("conference.created"))["conferenceid"]
            story.send("join", id1=party.id, id2=room, duplex="full")
            await story.told(JOINED)
        await asyncio.gather(
            party_a.rtp.hears(B), party_b.rtp.hears(A), party_c.rtp.hears()
        )

        story, _ = members[1]
        story.send("close", id=story.the("conference.created")["conferenceid"])
        await story.told("conference.destroyed")
        await asyncio.gather(party_a.rtp.hears(), party_b.rtp.hears())
        assert not first.all(UNJOINED)
