"""What the nodes of one machine are started with, and when one is started again."""

import pytest

from engine.app.child_processes import pause_s
from engine.app.local_node_plan import plan_nodes
from engine.config.settings import Settings
from engine.config.toml_file import ConfigurationError


def settings(**sections: dict[str, object]) -> Settings:
    usual: dict[str, dict[str, object]] = {
        "node": {"name": "m"},
        "redis": {"url": "redis://127.0.0.1"},
    }
    return Settings.model_validate({**usual, **sections})


@pytest.mark.parametrize(
    ("listen", "planned"),
    [
        (["udp:127.0.0.1:5060"], ["udp:127.0.0.1:5060", "udp:127.0.0.1:5061"]),
        (["udp:127.0.0.1:0"], ["udp:127.0.0.1:0", "udp:127.0.0.1:0"]),
        (["udp:[::1]:5060"], ["udp:[::1]:5060", "udp:[::1]:5061"]),
        (
            ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"],
            [
                "udp:127.0.0.1:5060,tcp:127.0.0.1:5060",
                "udp:127.0.0.1:5061,tcp:127.0.0.1:5061",
            ],
        ),
        (
            ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5061"],
            [
                "udp:127.0.0.1:5060,tcp:127.0.0.1:5061",
                "udp:127.0.0.1:5062,tcp:127.0.0.1:5063",
            ],
        ),
        (
            ["udp:127.0.0.1:5060", "tcp:127.0.0.1:0"],
            [
                "udp:127.0.0.1:5060,tcp:127.0.0.1:0",
                "udp:127.0.0.1:5061,tcp:127.0.0.1:0",
            ],
        ),
    ],
)
def test_sip_ports(listen: list[str], planned: list[str]) -> None:
    plans = plan_nodes(settings(sip={"listen": listen}), 2)

    assert [plan.variables["OUTRING_SIP_LISTEN"] for plan in plans] == planned


@pytest.mark.parametrize(
    ("first", "last", "planned"),
    [
        (10000, 10029, [(10000, 10009), (10010, 10019), (10020, 10029)]),
        (10000, 10032, [(10000, 10009), (10010, 10019), (10020, 10029)]),
        (10001, 10036, [(10001, 10012), (10013, 10024), (10025, 10036)]),
    ],
)
def test_rtp_ports(first: int, last: int, planned: list[tuple[int, int]]) -> None:
    sip = {"rtp_port_min": first, "rtp_port_max": last, "max_calls": 5}
    names = ("OUTRING_SIP_RTP_PORT_MIN", "OUTRING_SIP_RTP_PORT_MAX")

    plans = plan_nodes(settings(sip=sip), 3)

    shares = [tuple(int(plan.variables[name]) for name in names) for plan in plans]
    assert shares == planned


def test_a_node_has_a_name_of_its_own_and_what_all_share() -> None:
    (plan,) = plan_nodes(settings(), 1)

    assert plan.name == "m-1"
    assert plan.variables["OUTRING_REDIS_URL"] == "redis://127.0.0.1"
    assert plan.variables["OUTRING_DATABASE_URL"] == "sqlite:///outring.db"


@pytest.mark.parametrize(
    ("port", "planned"), [(9698, ["9699", "9700"]), (0, ["0", "0"])]
)
def test_http_ports(port: int, planned: list[str]) -> None:
    plans = plan_nodes(settings(http={"host": "::1", "port": port}), 2)

    assert [plan.variables["OUTRING_HTTP_PORT"] for plan in plans] == planned
    assert {plan.variables["OUTRING_HTTP_HOST"] for plan in plans} == {"::1"}


@pytest.mark.parametrize(
    ("sections", "place", "words"),
    [
        ({"redis": {}}, "redis.url", "give --redis URL"),
        ({"http": {"port": 65533}}, "http.port", "go up to 65536"),
        ({"node": {"name": "n" * 63}}, "node.name", "at most 62 characters"),
        (
            {"sip": {"max_calls": 2000}},
            "sip.rtp_port_max",
            "carry 1666 calls on each of 3 nodes",
        ),
        (
            {"sip": {"listen": ["udp:127.0.0.1:65534"]}},
            "sip.listen",
            "go up to 65536",
        ),
        (
            {"sip": {"listen": ["udp:127.0.0.1:5060", "tcp:127.0.0.1:40000"]}},
            "sip.listen",
            "closer to each other",
        ),
    ],
)
def test_what_does_not_fit(
    sections: dict[str, dict[str, object]], place: str, words: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        plan_nodes(settings(**sections), 3)

    (mistake,) = caught.value.mistakes
    assert mistake.place == place
    assert words in mistake.text


@pytest.mark.parametrize(
    ("before_s", "lived_s", "wanted_s"),
    [
        (None, 1, 3),
        (3, 1, 6),
        (6, 59, 12),
        (24, 1, 30),
        (30, 1, 30),
        (30, 60, 3),
    ],
)
def test_pauses_grow_while_nothing_lasts(
    before_s: float | None, lived_s: float, wanted_s: float
) -> None:
    assert pause_s(before_s, lived_s) == wanted_s
