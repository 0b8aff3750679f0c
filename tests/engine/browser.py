"""A real browser without a window, that reaches nothing but this machine."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 60.0
OPTIONS = (
    "--headless",
    "--no-sandbox",  # root cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True)
class Page:
    """A page as its scripts have made it."""

    html: str
    console: list[str]  # what it complained of
    asked: set[str]  # URLs that it wanted


async def rendered(url: str, folder: Path, *options: str) -> Page:
    """The page at *url* once it has nothing more to do; *folder* is the browser's."""
    network = folder / "network.json"
    process = await asyncio.create_subprocess_exec(
        "chromium",
        *OPTIONS,
        f"--user-data-dir={folder / 'profile'}",
        f"--log-net-log={network}",
        "--enable-logging=stderr",
        "--virtual-time-budget=20000",
        *options,
        "--dump-dom",
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    log = err.decode()
    assert process.returncode == 0, log
    console = re.findall(r"CONSOLE.*", log)
    return Page(out.decode(), console, {url, *_asked(network, url)})


def _asked(network: Path, url: str) -> Iterator[str]:
    """What the page at *url* asked for, by the log of the browser's network."""
    origin = "/".join(url.split("/")[:3])
    for event in json.loads(network.read_text())["events"]:
        parameters = event.get("params", {})
        if parameters.get("initiator") == origin and "url" in parameters:
            yield parameters["url"]
