"""Local node plan: how several nodes on one machine are started with ports of their own."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.config.settings import Settings, SipSettings, parse_listener
from engine.config.toml_file import ConfigMistake, ConfigurationError

LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node: its name, and the environment variables in which it differs."""

    name: str
    variables: dict[str, str]


def plan_nodes(settings: Settings, count: int) -> tuple[NodePlan, ...]:
    """Plan *count* nodes beside the front end that *settings* describe.

    Each node has an equal share of the RTP ports and SIP ports of its own: the first one
    those of the settings, the others those behind them; port 0 stays a free one. Health
    and metrics of each are served on an HTTP port after that of the front end. Raises
    ConfigurationError with everything that does not fit.
    """
    if mistakes := list(_mistakes(settings, count)):
        raise ConfigurationError(mistakes)
    return tuple(_plan(settings, count, number) for number in range(count))


def _plan(settings: Settings, count: int, number: int) -> NodePlan:
    sip = settings.sip
    width = _width(sip, count)
    first = sip.rtp_port_min + number * width
    variables = {
        "OUTRING_HTTP_HOST": settings.http.host,
        "OUTRING_HTTP_PORT": str(_http_port(settings, number)),
        "OUTRING_SIP_LISTEN": ",".join(_listen(sip, number)),
        "OUTRING_SIP_RTP_PORT_MIN": str(first),
        "OUTRING_SIP_RTP_PORT_MAX": str(first + width - 1),
        "OUTRING_DATABASE_URL": settings.database.url,
    }
    if settings.redis.url is not None:
        variables["OUTRING_REDIS_URL"] = settings.redis.url
    return NodePlan(_name(settings, number), variables)


def _name(settings: Settings, number: int) -> str:
    return f"{settings.node.name}-{number + 1}"


def _http_port(settings: Settings, number: int) -> int:
    first = settings.http.port
    return first and first + 1 + number


def _width(sip: SipSettings, count: int) -> int:
    """How many RTP ports each node has: an even number, for RTP and RTCP of each call."""
    return (sip.rtp_port_max - sip.rtp_port_min + 1) // count // 2 * 2


def _find_fixed_ports(sip: SipSettings) -> list[int]:
    ports = [parse_listener(entry).port for entry in sip.listen]
    return [port for port in ports if port]


def _listen(sip: SipSettings, number: int) -> Iterator[str]:
    """The SIP listeners of a node, each port moved behind those of the node before it."""
    fixed = _find_fixed_ports(sip)
    moved = number * (max(fixed) - min(fixed) + 1) if fixed else 0
    for entry in sip.listen:
        address, _, port = entry.rpartition(":")
        yield f"{address}:{int(port) + moved if int(port) else 0}"


def _mistakes(settings: Settings, count: int) -> Iterator[ConfigMistake]:
    sip = settings.sip
    if settings.redis.url is None:
        text = "Several nodes share a Redis: give --redis URL, or set redis.url."
        yield ConfigMistake("redis.url", text)
    longest = 64 - len(f"-{count}")
    if len(settings.node.name) > longest:
        text = f"The nodes' names add -1 to -{count} to it: take one of at most {longest} characters."
        yield ConfigMistake("node.name", text)
    if (carried := _width(sip, count) // 2) < sip.max_calls:
        text = (
            f"Ports {sip.rtp_port_min} to {sip.rtp_port_max} carry {carried} calls on each of "
            f"{count} nodes (two ports each), and sip.max_calls, which is for each node, is "
            f"{sip.max_calls}: lower it, or move sip.rtp_port_min and sip.rtp_port_max apart."
        )
        yield ConfigMistake("sip.rtp_port_max", text)
    if (last_http := _http_port(settings, count - 1)) > LAST_PORT:
        text = (
            f"The HTTP ports of {count} nodes go up to {last_http}, and ports end at {LAST_PORT}: "
            "choose a lower one."
        )
        yield ConfigMistake("http.port", text)
    last = [int(entry.rpartition(":")[2]) for entry in _listen(sip, count - 1)]
    if max(last) > LAST_PORT:
        text = (
            f"The SIP ports of {count} nodes go up to {max(last)}, and ports end at {LAST_PORT}: "
            "choose lower ones, or ones closer to each other."
        )
        yield ConfigMistake("sip.listen", text)
