"""What a dialog is made of: types, where its text is, and what that is fetched with."""

from typing import Any

import pytest

from ccxml.commands import DialogOrder
from engine.config.settings import FetchSettings, VxmlSettings
from engine.dialogs import DialogError, DialogResources, Recordings, create_dialog
from engine.dialogs.announcement import Announcement
from engine.dialogs.dialog import AudioPrompt, Dialog, SpeechPrompt
from engine.dialogs.dialog_factory import MENU
from engine.dialogs.menu import MenuDialog
from engine.dialogs.streams.runner import STREAM
from engine.dialogs.voicexml.documents import EntryDocument
from engine.dialogs.voicexml.sessions import VoiceXmlSessions
from engine.fetch import Fetcher, Request, Resource, WebSession
from engine.telemetry.metrics import Metrics

BASE = "http://example.com/app/start.ccxml"
MENU_TEXT = '{"prompts": [{"audio": "a.wav"}], "record": {}}'


class Library:
    """Gives one text for everything, and keeps what it was asked."""

    def __init__(self, text: str = MENU_TEXT) -> None:
        self.text = text
        self.asked: list[Request] = []

    async def fetch(self, request: Request, _: WebSession) -> Resource:
        """See ``Fetcher``."""
        self.asked.append(request)
        return Resource.of("http://example.com/moved/b.json", self.text.encode())


async def made(src: str, kind: str, library: Library, **fields: Any) -> Dialog:
    """The dialog that a document asks for."""
    given: dict[str, Any] = {
        "dialog_id": "d",
        "src": src,
        "type": kind,
        "parameters": {},
        "values": {},
        "connection_id": "c",
        "conference_id": None,
        "media_direction": "both",
        "method": "get",
        "enctype": "application/x-www-form-urlencoded",
        "max_age": None,
        "max_stale": None,
        "hints": {},
        "base": BASE,
        **fields,
    }
    recordings = Recordings(fields.pop("folder", None), 1_000_000)
    voices = VoiceXmlSessions(library, VxmlSettings(), Metrics())  # type: ignore[arg-type]
    tools = DialogResources(library, recordings, voices, WebSession())  # type: ignore[arg-type]
    dialog = await create_dialog(DialogOrder(**given), tools)
    assert not isinstance(dialog, EntryDocument)
    return dialog  # type: ignore[return-value]  # a stream, only where one is asked for


@pytest.mark.parametrize("kind", ["audio/wav", "Audio/X-WAV; codec=1"])
async def test_a_sound(kind: str) -> None:
    dialog = await made("a.wav", kind, Library())
    assert isinstance(dialog, Announcement)
    assert dialog.prompts_to_load() == (AudioPrompt("a.wav", BASE),)
    dialog = await made("a.wav", kind, Library(), max_age="0", max_stale="9")
    prompt = AudioPrompt("a.wav", BASE, max_age_s=0.0, max_stale_s=9.0)
    assert dialog.prompts_to_load() == (prompt,)


async def test_what_a_menu_is_fetched_with() -> None:
    library = Library('{"prompts": [{"audio": "a.wav"}]}')
    dialog = await made(
        "b.json",
        MENU,
        library,
        values={"lang": "de"},
        method="post",
        enctype="application/json",
        max_age="30",
        max_stale="x",
    )

    uri = "http://example.com/app/b.json"
    wanted = Request(
        uri,
        "post",
        {"lang": "de"},
        "application/json",
        max_age_s=30.0,
        accept=f"{MENU}, application/json;q=0.9, */*;q=0.1",
    )
    assert library.asked == [wanted]
    # What is relative in it is so to where it was found.
    (prompt,) = dialog.prompts_to_load()
    assert prompt == AudioPrompt("a.wav", "http://example.com/moved/b.json")


@pytest.mark.parametrize(
    ("src", "text", "asked"),
    [
        ("Hello, you: hello.", "Hello, you: hello.", 0),
        ("{name}", "{name}", 0),
        ("Data: one, two. File: none.", "Data: one, two. File: none.", 0),
        ("data:,Hello%20you", "Hello you", 0),
        ("DATA:text/plain;base64,SGVsbG8=", "Hello", 0),
        ("HTTPS://example.com/hello", "fetched", 1),
        ("file:///srv/hello", "fetched", 1),
    ],
)
async def test_where_a_text_is(src: str, text: str, asked: int) -> None:
    library = Library("fetched")
    dialog = await made(src, "text/plain", library)
    assert dialog.prompts_to_load() == (SpeechPrompt(text),)
    assert len(library.asked) == asked


@pytest.mark.parametrize(("hint", "voice"), [("de", "de"), (None, None), (7, "7")])
async def test_the_voice_of_a_text(hint: object, voice: str | None) -> None:
    dialog = await made("Hello", "text/plain", Library(), hints={"voice": hint})
    assert dialog.prompts_to_load() == (SpeechPrompt("Hello", voice),)


@pytest.mark.parametrize("src", [" \n{", "{", "x.json"])
async def test_a_menu_that_is_none(src: str) -> None:
    with pytest.raises(DialogError, match=r"^The menu cannot be used: .*\.$"):
        await made(src, MENU, Library("["))


async def test_a_menu_inside_the_document() -> None:
    text = '{"prompts": [{"text": "Hello {who}"}, {"audio": "a.wav"}]}'
    library = Library()
    dialog = await made(f" {text}", MENU, library, parameters={"who": "Ada"})
    assert isinstance(dialog, MenuDialog)
    assert dialog.prompts_to_load() == [
        SpeechPrompt("Hello Ada"),
        AudioPrompt("a.wav", BASE),
    ]
    assert library.asked == []


async def test_a_node_that_keeps_no_recordings() -> None:
    with pytest.raises(DialogError, match="This node keeps no recordings"):
        await made(MENU_TEXT, MENU, Library())


async def test_a_type_that_is_none() -> None:
    with pytest.raises(DialogError, match="no dialogs of type text/html"):
        await made("x", "text/html", Library())


async def test_a_stream_takes_names_of_both_lists_as_texts() -> None:
    fetcher: Any = Fetcher(FetchSettings())
    dialog: Any = await made(
        *("ws://127.0.0.1:9/a?b=1", STREAM, fetcher),
        parameters={"a": "x", "n": 1},
        values={"a": "y", "b": True},
        hints={"format": "l16_8k", "of": "others"},
    )

    assert dialog.parameters == {"a": "x", "n": "1", "b": "true"}
    assert dialog.options.format == "l16_8k"
    assert (dialog.location.path, dialog.location.port) == ("/a?b=1", 9)
