"""WAV files of local folders and of a real web server."""

import asyncio
import os
from pathlib import Path

import pytest
from aiohttp import web

from engine.audio import SoundError, Sounds
from tests.engine.audio.conftest import cached, sounding, unplayed, wav
from tests.engine.fetch.conftest import Site

SOUND = wav()
OTHER = wav(samples=b"ab" * 800)
FRESH = "max-age=60"


async def heard_anew(sounds: Sounds, uri: str) -> bytes:
    """The sound at *uri*, for which the server is asked whatever is kept."""
    with await sounds.load_clip(uri, max_age_s=0.0) as clip:
        return clip.path.read_bytes()


async def heard(sounds: Sounds, uri: str, base: str = "") -> bytes:
    """What is played for *uri*."""
    with await sounds.load_clip(uri, base) as clip:
        return clip.path.read_bytes()


# -- local folders ----------------------------------------------------------------------


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A folder from which may be played, beside one from which nothing may be."""
    prompts, secrets = tmp_path / "prompts", tmp_path / "secrets"
    (prompts / "de").mkdir(parents=True)
    secrets.mkdir()
    for path in (prompts / "hello.wav", prompts / "de/ä b.wav", secrets / "key.wav"):
        path.write_bytes(SOUND)
    return prompts


async def test_local_files(tmp_path: Path, prompts: Path) -> None:
    async with sounding(tmp_path, media={"folders": [prompts]}) as sounds:
        with await sounds.load_clip(f"file://{prompts}/hello.wav") as clip:
            assert clip.path == prompts / "hello.wav"
        base = f"file://localhost{prompts}/application.ccxml"
        with await sounds.load_clip("de/%C3%A4%20b.wav", base) as clip:
            assert clip.path == prompts / "de/ä b.wav"

    assert not (tmp_path / "cache").exists()


async def test_folders_of_documents_are_allowed(tmp_path: Path, prompts: Path) -> None:
    async with sounding(tmp_path, fetch={"folders": [prompts]}) as sounds:
        assert await heard(sounds, f"file://{prompts}/hello.wav") == SOUND


ESCAPES = (
    "file://{folder}/secrets/key.wav",
    "file://{folder}/prompts/../secrets/key.wav",
    "file://{folder}/prompts/%2e%2e/secrets/key.wav",
    "file://{folder}/prompts/..%2fsecrets/key.wav",
    "file://{folder}/prompts/link.wav",
    "file://{folder}/prompts/linked/key.wav",
    "FILE://{folder}/secrets/key.wav",
    "file://{folder}/secrets/nothing.wav",
    "file:///proc/self/environ",
)


@pytest.mark.parametrize("uri", ESCAPES)
async def test_no_way_out_of_a_folder(tmp_path: Path, prompts: Path, uri: str) -> None:
    (prompts / "link.wav").symlink_to(tmp_path / "secrets/key.wav")
    (prompts / "linked").symlink_to(tmp_path / "secrets")
    async with sounding(tmp_path, media={"folders": [prompts]}) as sounds:
        reason = await unplayed(sounds, uri.format(folder=tmp_path))

    assert reason.endswith("cannot be fetched: its folder is not allowed.")


async def test_without_folders_there_are_no_local_files(
    sounds: Sounds, prompts: Path
) -> None:
    reason = await unplayed(sounds, f"file://{prompts}/hello.wav")

    assert reason.endswith("its folder is not allowed.")


async def test_local_files_that_cannot_be_played(tmp_path: Path, prompts: Path) -> None:
    (prompts / "stereo.wav").write_bytes(wav(channels=2))
    (prompts / "big.wav").write_bytes(wav(samples=bytes(2000)))
    os.mkfifo(prompts / "pipe.wav")
    settings = {"folders": [prompts], "max_bytes": 1700}
    cases = {
        "stereo.wav": "cannot be played: it has 2 channels, and not one (outring sounds add takes any sound file).",
        "big.wav": "cannot be fetched: it has more than 1700 bytes.",
        "pipe.wav": "cannot be fetched: it is not a file.",
        "de": "it cannot be read (Is a directory).",
        "none.wav": "it cannot be read (No such file or directory).",
        "a%00b.wav": "it is malformed.",
    }
    async with sounding(tmp_path, media=settings) as sounds:
        for name, why in cases.items():
            assert (await unplayed(sounds, f"file://{prompts}/{name}")).endswith(why)


# -- web servers ------------------------------------------------------------------------


async def test_a_web_server(site: Site, sounds: Sounds) -> None:
    site.has("/prompts/a.wav", SOUND)

    assert await heard(sounds, "a.wav", site.url("/prompts/app.ccxml")) == SOUND


async def test_fresh_files_are_asked_for_once(
    tmp_path: Path, site: Site, sounds: Sounds
) -> None:
    uris = [site.has(path, SOUND, Cache_Control=FRESH) for path in ("/a", "/b")]

    for uri in uris * 3:
        assert await heard(sounds, uri) == SOUND

    assert [request.path for request in site.seen] == ["/a", "/b"]
    assert len(cached(tmp_path)) == 1  # what is the same is there once


async def test_a_file_that_changes(tmp_path: Path, site: Site, sounds: Sounds) -> None:
    uri = site.has("/a", SOUND, ETag='"1"')
    with await sounds.load_clip(uri) as clip:
        assert await heard(sounds, uri) == SOUND  # asked, and told by a 304
        site.has("/a", OTHER, ETag='"2"')
        assert await heard(sounds, uri) == OTHER
        assert clip.path.read_bytes() == SOUND

    assert site.seen[1].headers["If-None-Match"] == '"1"'


async def test_a_file_is_current_as_long_as_nobody_need_be_asked(
    site: Site, sounds: Sounds
) -> None:
    lasting = site.has("/a", SOUND, Cache_Control=FRESH)
    brief = site.has("/b", OTHER, Cache_Control="max-age=0")
    for uri, is_current in ((lasting, True), (brief, False)):
        with await sounds.load_clip(uri) as clip:
            assert sounds.is_current(clip, uri) == is_current
            assert not sounds.is_current(clip, uri, max_age_s=0.0)
            assert sounds.is_current(clip, uri, max_age_s=9.0, max_stale_s=9.0)
            assert not sounds.is_current(clip, site.url("/c"))
    with await sounds.load_clip(lasting) as clip:
        site.has("/a", OTHER, Cache_Control=FRESH)
        assert await heard_anew(sounds, lasting) == OTHER
        assert not sounds.is_current(clip, lasting)


async def test_what_must_not_be_stored_goes_after_use(
    tmp_path: Path, site: Site, sounds: Sounds
) -> None:
    uri = site.has("/a", SOUND, Cache_Control="no-store")
    with await sounds.load_clip(uri) as clip:
        assert clip.path.read_bytes() == SOUND

    assert cached(tmp_path) == set()
    assert await heard(sounds, uri) == SOUND


async def test_a_file_that_had_to_leave_is_fetched_again(
    tmp_path: Path, site: Site
) -> None:
    uris = [
        site.has(f"/{number}", wav(samples=bytes([number]) * 30_000), ETag='"1"')
        for number in range(5)
    ]
    settings = {"cache_bytes": 2**16, "max_bytes": 40_000}
    async with sounding(tmp_path, media=settings) as sounds:
        for uri in uris * 2:
            assert len(await heard(sounds, uri)) > 30_000

    assert len(cached(tmp_path)) == 2


async def test_the_server_is_away(site: Site, sounds: Sounds) -> None:
    uri = site.has("/a", SOUND)
    await heard(sounds, uri)
    site.says("/a", 503)

    assert await heard(sounds, uri) == SOUND


async def test_many_at_once_ask_once(
    tmp_path: Path, site: Site, sounds: Sounds
) -> None:
    uri = site.has("/a", SOUND)

    async with asyncio.timeout(10):
        found = await asyncio.gather(*(sounds.load_clip(uri) for _ in range(100)))

    assert len(site.seen) == 1
    assert len({held.clip for held in found}) == 1


async def test_redirects(site: Site, sounds: Sounds) -> None:
    site.has("/b", SOUND)
    away = site.says("/a", 302, Location="/b")
    circle = site.says("/c", 302, Location="/c")
    inside = site.says("/d", 302, Location="file:///etc/passwd")

    assert await heard(sounds, away) == SOUND
    assert "more than 5 redirects" in await unplayed(sounds, circle)
    assert "redirects to what is not HTTP" in await unplayed(sounds, inside)


async def test_what_a_server_does_wrong(tmp_path: Path, site: Site) -> None:
    big = site.has("/big", wav(samples=bytes(5000)))
    endless = site.stalls("/endless", after=SOUND[:1000])
    settings = {"max_bytes": 4000, "timeout_ms": 300}
    cases = {
        site.url("/none"): "cannot be fetched: the server answers 404.",
        site.says("/500", 500): "cannot be fetched: the server answers 500.",
        site.has(
            "/html", "<html>"
        ): "cannot be played: it is no WAV file (outring sounds add takes any sound file).",
        site.has("/mp3", wav(encoding=0x55)): "it is MP3, and neither",
        site.has("/empty", b""): "cannot be played: there is nothing in it.",
        site.has("/cut", SOUND[:-7]): "the last 7 bytes are missing.",
        big: "it has more than 4000 bytes.",
        endless: "there was no answer in time.",
        site.stalls("/stalls"): "there was no answer in time.",
        "http://user:secret@127.0.0.1:1/a.wav?token=secret": "there is no connection",
    }
    async with sounding(tmp_path, media=settings) as sounds:
        for uri, why in cases.items():
            reason = await unplayed(sounds, uri)
            assert why in reason
            assert "secret" not in reason

    assert cached(tmp_path) == set()


async def test_a_server_that_sends_without_end(tmp_path: Path, site: Site) -> None:
    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(65_536))

    site.pages["/pours"] = pour
    async with sounding(tmp_path) as sounds:
        reason = await unplayed(sounds, site.url("/pours"))

    assert reason.endswith("it has more than 16777216 bytes.")


async def test_a_flaw_is_not_fetched_again(site: Site, sounds: Sounds) -> None:
    uri = site.has("/a", wav(channels=2), Cache_Control=FRESH)
    for _ in range(3):
        assert "2 channels" in await unplayed(sounds, uri)

    assert len(site.seen) == 1


RULES = {
    "http://[": "malformed",
    "hello.wav": "malformed",
    "ftp://127.0.0.1/a.wav": "its scheme is not allowed",
    "data:audio/wav;base64,AAAA": "malformed",
    "http://elsewhere.example/a.wav": "its host is not allowed",
    "http://127.0.0.1/" + "a" * 9000: "longer than 8192 characters",
}


@pytest.mark.parametrize(("uri", "why"), RULES.items(), ids=[*map(str, range(6))])
async def test_the_rules_of_fetching_hold(tmp_path: Path, uri: str, why: str) -> None:
    async with sounding(tmp_path, fetch={"hosts": ["127.0.0.1"]}) as sounds:
        assert why in await unplayed(sounds, uri)


async def test_who_goes_away_lets_the_others_have_it(
    site: Site, sounds: Sounds
) -> None:
    uri = site.has("/a", SOUND)
    first = asyncio.create_task(sounds.load_clip(uri))
    second = asyncio.create_task(sounds.load_clip(uri))
    await asyncio.sleep(0)
    first.cancel()

    with await second as clip:
        assert clip.path.read_bytes() == SOUND
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_no_room_for_what_is_fetched(tmp_path: Path, site: Site) -> None:
    uris = [
        site.has(f"/{number}", wav(samples=bytes([number]) * 30_000))
        for number in range(3)
    ]
    settings = {"cache_bytes": 2**16, "max_bytes": 40_000}
    async with sounding(tmp_path, media=settings) as sounds:
        held = [await sounds.load_clip(uri) for uri in uris[:2]]
        with pytest.raises(SoundError, match="leave no room"):
            await sounds.load_clip(uris[2])
        held[0].release()
        assert await heard(sounds, uris[2])


async def test_no_room_for_what_has_changed(tmp_path: Path, site: Site) -> None:
    first, second = wav(samples=b"1" * 60_000), wav(samples=b"2" * 60_000)
    uri = site.has("/a", first)
    settings = {"cache_bytes": 2**16, "max_bytes": 2**16}
    async with sounding(tmp_path, media=settings) as sounds:
        with await sounds.load_clip(uri):
            site.has("/a", second)
            reason = await unplayed(sounds, uri)
            assert "it cannot be kept (The sounds in use leave no room for" in reason
        assert await heard(sounds, uri) == second
