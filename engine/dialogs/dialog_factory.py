"""Which types of dialogs there are, and how a dialog of each is made."""

import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

import msgspec
from pydantic import ValidationError

from ccxml.commands import DialogOrder
from ccxml.vocabulary import OTHER_VOICEXML_TYPES
from engine.config.toml_file import describe_errors
from engine.fetch import (
    DocumentError,
    Fetcher,
    FetchError,
    WebSession,
    request_of_command,
)
from engine.platform.stream_options import (
    StreamOptions,
    check_parameters,
    check_stream_url,
)

from .announcement import Announcement
from .dialog import AudioPrompt, Dialog, SpeechPrompt, Values
from .errors import DialogError
from .menu import MenuDialog
from .menu_document import read_menu
from .recordings import Recordings
from .streams.audio_streams import to_parameters
from .streams.runner import STREAM, StreamDialog
from .voicexml.documents import VOICEXML, EntryDocument
from .voicexml.sessions import VoiceXmlSessions

MENU = "application/x-outring-menu+json"
ACCEPT_MENU = f"{MENU}, application/json;q=0.9, */*;q=0.1"
ACCEPT_TEXT = "text/plain, */*;q=0.1"

_URI = re.compile(r"https?://|file:/|data:[^\s,]*,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DialogResources:
    """What dialogs are made from and recorded to."""

    fetcher: Fetcher
    recordings: Recordings
    vxml_sessions: VoiceXmlSessions
    web: WebSession
    """The cookies of the session that the dialogs belong to."""
    first: Mapping[str, EntryDocument] = field(default_factory=dict)
    """VoiceXML documents that are there already, by URI."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text and the URI that relative URIs in it are resolved against."""

    text: str
    base: str


AnyDialog = Dialog | EntryDocument | StreamDialog


async def create_dialog(order: DialogOrder, resources: DialogResources) -> AnyDialog:
    """Make the dialog that *order* asks for; for VoiceXML, load its entry document; for a
    stream, find its server.

    Fetches what stands under ``src``. Raises DialogError for a type that does not
    exist, and for a document that cannot be had or used.
    """
    kind = order.type.partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise DialogError(
            f"There are no dialogs of type {kind[:60]}: use {', '.join(KINDS)}."
        )
    return await KINDS[kind](order, resources)


async def _create_audio(order: DialogOrder, resources: DialogResources) -> Dialog:  # noqa: ARG001
    request = request_of_command(order)
    prompt = AudioPrompt(
        order.src,
        order.base,
        max_age_s=request.max_age_s,
        max_stale_s=request.max_stale_s,
    )
    return Announcement([prompt])


async def _create_speech(order: DialogOrder, resources: DialogResources) -> Dialog:
    text = order.src
    if _URI.match(text):
        text = (await _fetch_text(order, resources, ACCEPT_TEXT)).text
    voice = order.hints.get("voice")
    return Announcement([SpeechPrompt(text, None if voice is None else str(voice))])


async def _create_menu(order: DialogOrder, resources: DialogResources) -> Dialog:
    if order.src.lstrip().startswith("{"):
        document = _Text(order.src, order.base)
    else:
        document = await _fetch_text(order, resources, ACCEPT_MENU)
    try:
        menu = read_menu(document.text, document.base, order.parameters)
    except (msgspec.MsgspecError, ValueError) as error:
        raise DialogError(f"The menu cannot be used: {error}.") from error
    if menu.record is not None and not resources.recordings.is_enabled:
        raise DialogError("This node keeps no recordings.")
    return MenuDialog(menu)


async def _load_voicexml(
    order: DialogOrder, resources: DialogResources
) -> EntryDocument:
    if (entry := resources.first.get(order.src)) is not None:
        return entry
    try:
        return await resources.vxml_sessions.load(
            request_of_command(order), resources.web
        )
    except DocumentError as error:
        raise DialogError(str(error)) from error
    except FetchError as error:
        raise DialogError(error.reason) from error


async def _create_stream(
    order: DialogOrder, resources: DialogResources
) -> StreamDialog:
    given = {name: order.hints[name] for name in _STREAM_HINTS & set(order.hints)}
    values = {**order.values, **order.parameters}
    return await prepare_stream(order.src, values, given, resources.fetcher)


async def prepare_stream(
    url: str, values: Values, given: Values, fetcher: Fetcher
) -> StreamDialog:
    """Make the dialog that joins a call to the WebSocket at *url*.

    *values* become parameters, *given* are options. Raises DialogError.
    """
    parameters = to_parameters(values)
    try:
        check_stream_url(url)
        check_parameters(parameters)
        options = StreamOptions.model_validate(given)
        location = await fetcher.locate_stream(url)
    except FetchError as error:
        raise DialogError(error.reason) from error
    except ValidationError as error:
        _, text = next(iter(describe_errors(error)))
        raise DialogError(f"A hint of the stream cannot be used: {text}") from error
    except ValueError as error:
        raise DialogError(f"The stream cannot be used: {error}.") from error
    return StreamDialog(location, options, parameters)


_STREAM_HINTS = frozenset({"format", "on_lost", "max_wait_ms"})
"""Those of the options of an application that a dialog may have."""

KINDS: Mapping[str, Callable[[DialogOrder, DialogResources], Awaitable[AnyDialog]]] = {
    "audio/wav": _create_audio,
    "audio/x-wav": _create_audio,
    "text/plain": _create_speech,
    MENU: _create_menu,
    STREAM: _create_stream,
    **dict.fromkeys((VOICEXML, *OTHER_VOICEXML_TYPES), _load_voicexml),
}
"""What makes a dialog of each type."""


# -- loading texts -----------------------------------------------------------------


async def _fetch_text(
    order: DialogOrder, resources: DialogResources, accept: str
) -> _Text:
    """The text under the ``src`` of *order*, from a data: URI or fetched; raises DialogError."""
    if order.src[:5].lower() == "data:":
        return _Text(_decode_data_uri(order.src), order.base)
    try:
        request = replace(request_of_command(order), accept=accept)
        resource = await resources.fetcher.fetch(request, resources.web)
        return _Text(resource.text(), resource.uri)
    except FetchError as error:
        raise DialogError(error.reason) from error


def _decode_data_uri(uri: str) -> str:
    """The text of a data: URI (RFC 2397), in UTF-8; raises DialogError."""
    kind, _, data = uri.partition(",")
    try:
        content = unquote_to_bytes(data)
        if kind.lower().endswith(";base64"):
            content = b64decode(content, validate=True)
        return content.decode()
    except ValueError:
        raise DialogError(
            "The data: URI is malformed: write data:,text, or base64 of UTF-8."
        ) from None
