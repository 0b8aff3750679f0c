"""Banner: what ``outring serve`` tells a person at its start. Pure."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from engine.config.role import Role
from engine.config.settings import Settings, parse_listener


def describe_process(settings: Settings, url: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each line of the banner; *url* is where HTTP is served."""
    here = _reachable_url(url)
    public = settings.http.public_url
    yield "API", f"{here}/api/v1/bvr/outbound" + (f", as {public}" if public else "")
    yield "live page", f"{here}/"
    yield "docs", f"{here}/docs"
    yield "reached", _describe_reach(settings.http.host, "http.host")
    if settings.node.role is not Role.FRONT:
        yield "SIP", ", ".join(settings.sip.listen)
        yield "calls", _describe_calls(settings)
    if off := list(_list_off(settings)):
        yield "off", "; ".join(off)


def _reachable_url(url: str) -> str:
    """Return *url* as it is opened on this machine: nobody opens a wildcard address."""
    host = urlsplit(url).hostname or ""
    if not ip_address(host).is_unspecified:
        return url
    shown, loopback = (f"[{host}]", "[::1]") if ":" in host else (host, "127.0.0.1")
    return url.replace(shown, loopback, 1)


def _describe_reach(host: str, setting: str) -> str:
    address = ip_address(host)
    if address.is_loopback:
        return f"from this machine alone ({setting} is {host})"
    return "from every network" if address.is_unspecified else f"at {host}"


def _describe_calls(settings: Settings) -> str:
    listeners = [parse_listener(text) for text in settings.sip.listen]
    if all(listener.is_loopback for listener in listeners):
        return "to this machine alone (sip.listen is on loopback)"
    return f"to whoever the listeners reach, {settings.sip.max_calls} at once"


def _list_off(settings: Settings) -> Iterator[str]:
    """Yield what is off, and how it is turned on."""
    if settings.admin.token_sha256 is None:
        yield "admin API and live page (admin.token_sha256: `outring token`)"
    if settings.http.tls_certificate is None:
        yield "HTTPS (http.tls_certificate)"
    if settings.media.recordings is None:
        yield "recordings of dialogs (media.recordings)"
    if settings.redis.url is None:
        yield "further processes (redis.url)"
