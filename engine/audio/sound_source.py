"""Sounds: the WAV file for a URI or for a text to be spoken."""

import asyncio
from functools import partial
from hashlib import sha256
from io import BytesIO
from os import SEEK_END
from pathlib import Path
from urllib.parse import urljoin

from engine.config.settings import FetchSettings, MediaSettings, SpeechSettings
from engine.fetch import (
    Failure,
    Fetcher,
    FetchError,
    Request,
    Resource,
    WebSession,
    local_files,
    redact_uri,
)
from engine.fetch.http_cache import is_storable
from engine.fetch.http_client import Answer
from engine.fetch.single_flight import SingleFlight
from sip.media import Clip

from . import wav
from .errors import SoundError
from .file_cache import FileCache, Held
from .resampling import resample
from .speech_program import SpeechCommand
from .speech_text import Speech, speech_of

RATE = 8000  # hertz of the conference bridge: speech at other rates is resampled
KNOWN_BYTES = 2**22  # memory for answers whose bodies are in files
ACCEPT = "audio/wav, audio/x-wav, audio/*;q=0.5, */*;q=0.1"
TRIES = 3  # the cache may remove a new file before it can be held
_FLAW = b"!"  # marks a description of what is wrong with a file, in place of its key


class Sounds:
    """Local files, files of web servers, and speech; the latter two through one cache.

    Callers that ask for the same at the same time share the work; it is cancelled when
    nobody waits for it any more. Connections and cache are opened when they are first
    used.
    """

    def __init__(
        self,
        media: MediaSettings,
        speech: SpeechSettings,
        fetch: FetchSettings,
        *,
        speaker: SpeechCommand | None = None,
    ) -> None:
        self._media = media
        self._settings = speech
        self._folders = (*media.folders, *fetch.folders)
        self._speaker = speaker or SpeechCommand(speech, media.max_bytes)
        self._cache = FileCache(media.cache_dir, media.cache_bytes)
        own = {
            "folders": (),  # local files are played from where they are, without a copy
            "max_bytes": media.max_bytes,
            "timeout_ms": media.timeout_ms,
            "cache_bytes": KNOWN_BYTES,
        }
        self._fetcher = Fetcher(
            fetch.model_copy(update=own), store_body=self._store_body
        )
        self._flights: SingleFlight[None] = SingleFlight()
        self._speech_slots = asyncio.Semaphore(speech.at_once)

    @property
    def holds(self) -> int:
        """See ``FileCache.holds``."""
        return self._cache.holds

    async def aclose(self) -> None:
        """Close connections and cache; nothing can be asked for afterwards."""
        await self._fetcher.aclose()
        await self._cache.aclose()

    async def load_clip(
        self,
        uri: str,
        base: str = "",
        *,
        timeout_s: float | None = None,
        max_age_s: float | None = None,
        max_stale_s: float | None = None,
        web: WebSession | None = None,
    ) -> Held:
        """Return the WAV file at *uri*, resolved against *base*; raises SoundError.

        ``file:`` URIs must lead into the folders of ``[media]`` or ``[fetch]``; http
        and https follow the rules of ``[fetch]``. The times are those of
        ``fetch.Request``; *web* has the cookies of whoever asks. The caller must release the file.
        """
        try:
            whole = urljoin(base, uri)
        except ValueError:
            raise SoundError("The URI cannot be played: it is malformed.") from None
        if whole[:5].lower() == "file:":
            return await asyncio.to_thread(self._open_local, whole)
        request = Request(
            whole,
            timeout_s=timeout_s,
            max_age_s=max_age_s,
            max_stale_s=max_stale_s,
            accept=ACCEPT,
        )
        for _ in range(TRIES):
            resource = await self._fetch(request, web)
            held = await self._cache.hold(resource.body.decode())
            if held is not None:
                return held
            self._fetcher.forget(resource, web)
        raise _make_full_error()

    def is_current(
        self,
        clip: Clip,
        uri: str,
        base: str = "",
        *,
        max_age_s: float | None = None,
        max_stale_s: float | None = None,
        web: WebSession | None = None,
    ) -> bool:
        """Whether ``load_clip`` would return *clip* without asking a server (RFC 9111 §4).

        It returned *clip* before, for the same *uri*. A local file always is current.
        """
        whole = urljoin(base, uri)
        if whole[:5].lower() == "file:":
            return True
        request = Request(
            whole, max_age_s=max_age_s, max_stale_s=max_stale_s, accept=ACCEPT
        )
        try:
            resource = self._fetcher.find_cached(request, web)
        except FetchError:
            return False
        return resource is not None and resource.body.decode() == clip.path.stem

    async def speak(
        self, text: str, voice: str | None = None, *, is_ssml: bool = False
    ) -> Held:
        """Return *text* as a WAV file, spoken by *voice*; raises SoundError.

        *voice* is a language or the name of a voice, None for that of the settings.
        With *is_ssml* the text is an SSML 1.0 document with the root ``<speak>``. The
        caller must release the file.
        """
        speech = speech_of(
            text,
            voice or self._settings.voice,
            self._settings.max_chars,
            is_ssml=is_ssml,
        )
        key = speech.key(self._speaker.name)
        for _ in range(TRIES):
            held = await self._cache.hold(key)
            if held is not None:
                return held
            await self._flights.run(key, partial(self._speak, speech, key))
        raise _make_full_error()

    # -- files ----------------------------------------------------------------------------

    def _open_local(self, uri: str) -> Held:
        try:
            with local_files.open_file(uri, self._folders) as file:
                if file.seek(0, SEEK_END) > self._media.max_bytes:
                    raise local_files.too_big(uri, self._media.max_bytes)
                file.seek(0)
                wav.check(file)
                return Held(Clip(Path(file.name)))
        except FetchError as error:
            raise SoundError(error.reason) from error
        except wav.WavError as error:
            raise _make_playback_error(uri, str(error)) from error
        except OSError as error:
            raise _make_playback_error(
                uri, f"it cannot be read ({error.strerror})"
            ) from error

    async def _fetch(self, request: Request, web: WebSession | None) -> Resource:
        """Fetch *request*; the body of the result is the key of a cached file."""
        try:
            resource = await self._fetcher.fetch(request, web)
        except FetchError as error:
            raise SoundError(error.reason) from error
        if not resource.body:
            raise _make_playback_error(resource.uri, "there is nothing in it")
        if resource.body.startswith(_FLAW):
            why = resource.body.removeprefix(_FLAW).decode()
            raise _make_playback_error(resource.uri, why)
        return resource

    async def _store_body(self, uri: str, answer: Answer) -> bytes:
        """Store a fetched sound in the cache; return its key, or what is wrong with the sound.

        The fetcher keeps the result in place of the body, so that a bad file is not
        fetched again either.
        """
        try:
            wav.check(BytesIO(answer.body))
        except wav.WavError as error:
            return _FLAW + str(error).encode()
        key = await asyncio.to_thread(lambda: sha256(answer.body).hexdigest())
        is_kept = is_storable(answer.status, answer.headers)
        try:
            await self._cache.put(key, answer.body, is_kept=is_kept)
        except SoundError as error:
            why = f"it cannot be kept ({error.reason.removesuffix('.')})"
            raise FetchError(Failure.FAILED, uri, why) from error
        return key.encode()

    # -- speech ---------------------------------------------------------------------------

    async def _speak(self, speech: Speech, key: str) -> None:
        limit_ms = self._settings.timeout_ms
        try:
            async with asyncio.timeout(limit_ms / 1000), self._speech_slots:
                made = await self._speaker.speak(speech)
                data = await asyncio.to_thread(_convert_for_calls, made)
        except TimeoutError:
            reason = f"The speech command has not spoken within {limit_ms} ms."
            raise SoundError(reason) from None
        await self._cache.put(key, data)


def _convert_for_calls(made: bytes) -> bytes:
    """Return the output of a speech program as a WAV file of a rate that calls can play."""
    try:
        rate, pcm = wav.read_samples(made)
    except wav.WavError as error:
        reason = f"What the speech command has written cannot be played: {error}."
        raise SoundError(reason) from error
    if rate not in wav.RATES:
        pcm, rate = resample(pcm, rate, RATE), RATE
    return wav.to_wav(rate, pcm)


def _make_playback_error(uri: str, why: str) -> SoundError:
    return SoundError(f"{redact_uri(uri)} cannot be played: {why}.")


def _make_full_error() -> SoundError:
    return SoundError("The cache is too small for the sounds that are in use.")
