"""Where the next message of a stream begins: how many bytes before it belong to none."""

import pjsua2
import pytest

BUSY = "SIP/2.0 486 Busy Here\r\nl: 0\r\n\r\n"
BYE = "BYE sip:a@127.0.0.1 SIP/2.0\r\nContent-Length: 0\r\n\r\n"
IN_ORDER = {
    "response": BUSY,
    "request": BYE,
    "two messages": BUSY + BYE,
    "half a start line": BUSY[:9],
    "half a head": BUSY[:30],
    "a body that looks like a message": "NOTIFY sip:a SIP/2.0\r\nl: 18\r\n\r\nSIP/2.0 200 OK\r\n",
    "nonsense alone": "nonsense\r\n",
    "another version": "SIP/3.0 200 OK\r\n\r\n",
    "a header that names the version": "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a\r\nl: 0\r\n\r\n",
}
BARE = BUSY.replace("\r\n", "\n")
WITHOUT_LENGTH = "SIP/2.0 200 OK\r\nv: a\r\n\r\n"
UNFRAMED = {
    "rest of a body": "a=sendrecv\r\n",
    "rest of a body, half a line": "recv\r\n",
    "bare newlines": BARE,
    "no length": WITHOUT_LENGTH,
    "no length, but a body": WITHOUT_LENGTH + "v=0\r\no=- 7 7\r\n",
    "a length that is none": BUSY.replace("0\r", "x\r"),
}


@pytest.mark.parametrize("data", IN_ORDER.values(), ids=IN_ORDER)
def test_what_begins_a_message_or_may_do_so(data: str) -> None:
    assert pjsua2.outring_count_unframed(data) == 0


@pytest.mark.parametrize("following", [BUSY, BYE, BUSY[:40]])
@pytest.mark.parametrize("data", UNFRAMED.values(), ids=UNFRAMED)
def test_what_stands_before_the_next_message(data: str, following: str) -> None:
    assert pjsua2.outring_count_unframed(data + following) == len(data)


def test_a_message_without_a_length_is_dropped_before_the_next_one_comes() -> None:
    assert pjsua2.outring_count_unframed(WITHOUT_LENGTH) == len(WITHOUT_LENGTH)
