"""Server-sent events, however they are cut into parts."""

import pytest
from outring_client.event_stream import COMMENT, EventStreamParser, StreamEvent

STREAM = (
    b": events follow\n\n"
    b'id: 7\nevent: call.ended\ndata: {"to":"\xc3\x84\xe2\x80\xa8"}\n\n'
    b"event:gap\ndata: 1\ndata:2\nretry: 3\nwhat\n\n"
    b"data: x\r\n\r\n"
    b"event: empty\n\n"
    b"id: 8\ndata: not complete\n"
)
EVENTS = [
    StreamEvent(COMMENT),
    StreamEvent("call.ended", '{"to":"Ä\u2028"}', "7"),
    StreamEvent("gap", "1\n2"),
    StreamEvent("message", "x"),
]


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
def test_a_stream_in_parts(size: int) -> None:
    parser = EventStreamParser()
    parts = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]

    assert [event for part in parts for event in parser.feed(part)] == EVENTS


def test_what_is_no_text_ends_no_stream() -> None:
    assert EventStreamParser().feed(b"data: \xff\n\n")[0].data == "\ufffd"
