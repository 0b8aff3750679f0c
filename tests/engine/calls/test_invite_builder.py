"""What an INVITE looks like through a proxy of either mode, and who decides From."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.calls.invite_builder import build_invite
from engine.model.outbound_request import request_of
from engine.platform.object_fields import AS_STORED
from engine.platform.objects import CustomHeader, Proxy
from engine.platform.trunks import Trunk
from sip.agent import Invite, Srtp
from sip.events import LegId

LOOSE, REWRITE = "LOOSE_ROUTING", "REWRITE_DESTINATION"


def trunk(*headers: dict[str, str], **fields: object) -> Trunk:
    known = {
        f"h{number}": CustomHeader.model_validate({"id": f"h{number}", **header})
        for number, header in enumerate(headers)
    }
    proxy = {"id": "p", "address": "sip:proxy@192.0.2.5:5070;transport=tcp"}
    return Trunk.of(
        Proxy.model_validate({**proxy, "headers": tuple(known), **fields}), known
    )


def invite(through: Trunk | None, domain: str | None = None, **fields: Any) -> Invite:
    request = {"action": "makeCall", "to": "sip:alice@callee.example", **fields}
    return build_invite(
        request_of(request, as_text=False),
        through,
        LegId("leg"),
        ring_limit_s=60,
        default_domain=domain,
        credentials=(),
    )


@pytest.mark.parametrize(
    ("to", "mode", "domain", "target", "route"),
    [
        ("sip:a@b.c", None, None, "sip:a@b.c", []),
        ("+49 30", None, "pbx.example:5080", "sip:+4930@pbx.example:5080", []),
        ("sip:a@b.c", LOOSE, None, "sip:a@b.c", ["sip:proxy@192.0.2.5:5070;transport=tcp"]),
        ("*21#", LOOSE, "d.e", "sip:*21%23@d.e", ["sip:proxy@192.0.2.5:5070;transport=tcp"]),
        ("sip:a@b.c;x=y", REWRITE, None, "sip:a@192.0.2.5:5070;transport=tcp", []),
        ("sip:b.c", REWRITE, None, "sip:192.0.2.5:5070;transport=tcp", []),
        ("tel:+49-30", REWRITE, None, "sip:+4930@192.0.2.5:5070;transport=tcp", []),
        ("*21#", REWRITE, "d.e", "sip:*21%23@192.0.2.5:5070;transport=tcp", []),
        ("tel:+49-30;ext=5", None, "d.e:5080", "sip:+4930;ext=5@d.e:5080;user=phone", []),
        ("tel:110;phone-context=+49;x", REWRITE, None, "sip:110;phone-context=+49;x@192.0.2.5:5070;transport=tcp;user=phone", []),
        ("tel:1;isub=a:b[%41]", None, "d.e", "sip:1;isub=a%3Ab%5B%41%5D@d.e;user=phone", []),
    ],
)  # fmt: skip
def test_where_it_goes(
    to: str, mode: str | None, domain: str | None, target: str, route: list[str]
) -> None:
    sent = invite(trunk(mode=mode) if mode else None, domain, to=to)

    assert str(sent.target) == target
    assert [str(hop) for hop in sent.route] == route


@pytest.mark.parametrize("to", ["sip:a@b.c", "110"])
def test_the_password_of_a_proxy_is_not_sent_to_it_with_another_user(to: str) -> None:
    through = trunk(mode=REWRITE, address="sip:proxy:secret@192.0.2.5")

    assert "secret" not in str(invite(through, to=to).target)


FROM = {"name": "From", "value": "<sip:header@custom.example>"}


@pytest.mark.parametrize(
    ("headers", "proxy", "request_from", "caller_id", "expected"),
    [
        ((FROM,), "proxy", "sip:request@r.example", "id", "sip:header@custom.example"),
        (({**FROM, "name": "f"},), "proxy", None, "id", "sip:header@custom.example"),
        ((), "proxy", "sip:request@r.example", "id", "proxy"),
        ((), None, "sip:request@r.example", "id", "sip:request@r.example"),
        ((), None, None, "id", "id"),
        ((), None, None, None, None),
    ],
)
def test_from_is_that_of_the_first_that_has_one(
    headers: tuple[dict[str, str], ...],
    proxy: str | None,
    request_from: str | None,
    caller_id: str | None,
    expected: str | None,
) -> None:
    fields: dict[str, Any] = {} if caller_id is None else {"callerId": caller_id}
    if request_from is not None:
        fields["headers"] = {"From": request_from}

    sent = invite(trunk(*headers, caller_id=proxy), **fields)

    caller = str(sent.from_.uri) if sent.from_ else sent.caller_id
    assert caller == expected


def test_custom_headers_beat_those_of_the_request() -> None:
    through = trunk(
        {"name": "X-Trunk", "value": "all"},
        {"name": "X-Only", "value": "invite", "request": "INVITE"},
        {"name": "X-Bye", "value": "bye", "request": "BYE"},
    )

    sent = invite(through, headers={"x-trunk": "mine", "X-Mine": "too"})

    assert sent.headers == (("X-Trunk", "all"), ("X-Only", "invite"), ("X-Mine", "too"))
    assert sent.bye_headers == (("X-Trunk", "all"), ("X-Bye", "bye"))
    assert sent.cancel_headers == (("X-Trunk", "all"),)


def test_without_a_proxy_the_invite_is_that_of_the_request() -> None:
    sent = invite(None, headers={"X-Mine": "too"}, callerId="bob")

    assert (sent.headers, sent.caller_id) == ((("X-Mine", "too"),), "bob")
    assert invite(None, callerId='"B" <sip:bob@h>').caller_name == "B"
    assert (sent.leg, sent.ring_limit_s, sent.credentials) == ("leg", 60, ())
    assert (sent.route, sent.srtp) == ((), Srtp.OFF)


def test_a_compact_name_and_its_long_one_are_the_same_header() -> None:
    sent = invite(
        trunk({"name": "s", "value": "proxy's"}),
        headers={"Subject": "mine", "f": '"Acme, Inc." <sip:a@b.c>'},
    )

    assert sent.headers == (("Subject", "proxy's"),)
    assert str(sent.from_) == '"Acme, Inc." <sip:a@b.c>'


def test_a_stored_header_that_is_refused_today_is_left_out() -> None:
    stored = {"id": "h", "name": "User-Agent", "value": "mine"}
    proxy = {"id": "p", "address": "sip:192.0.2.5", "headers": ("h",)}

    with pytest.raises(ValidationError):
        CustomHeader.model_validate(stored)
    header = CustomHeader.model_validate(stored, context=AS_STORED)
    through = Trunk.of(Proxy.model_validate(proxy), {"h": header})

    assert set(through.headers.values()) == {()}


@pytest.mark.parametrize(
    ("mode", "srtp"),
    [
        ("RTP_USE_SYSTEM_DEFAULT", Srtp.OFF),
        ("RTP_USE_INSECURE_ONLY", Srtp.OFF),
        ("RTP_USE_SECURE_ONLY", Srtp.MANDATORY),
        ("RTP_USE_BOTH", Srtp.OPTIONAL),
    ],
)
def test_rtp_mode(mode: str, srtp: Srtp) -> None:
    assert invite(trunk(rtp_mode=mode)).srtp is srtp


@pytest.mark.parametrize(
    ("to", "mode", "address", "takes"),
    [
        ("sips:a@b.c", LOOSE, "sip:192.0.2.5;transport=tls", True),
        ("sips:a@b.c", LOOSE, "sips:192.0.2.5", True),
        ("sips:a@b.c", LOOSE, "sip:192.0.2.5", False),
        ("sips:a@b.c", LOOSE, "sip:192.0.2.5;transport=tcp", False),
        ("sips:a@b.c", REWRITE, "sip:192.0.2.5", True),
        ("sip:a@b.c", LOOSE, "sip:192.0.2.5", True),
        ("110", LOOSE, "sip:192.0.2.5", False),
        ("110", REWRITE, "sip:192.0.2.5", True),
    ],
)
def test_what_a_proxy_takes(to: str, mode: str, address: str, takes: bool) -> None:
    request = request_of({"action": "makeCall", "to": to}, as_text=False)
    assert request.destination is not None

    assert trunk(mode=mode, address=address).takes(request.destination, None) is takes
