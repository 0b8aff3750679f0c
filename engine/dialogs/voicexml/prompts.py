"""VoiceXmlSounds: the sounds of a VoiceXML session's prompts, with their alternatives."""

import asyncio
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import structlog

from engine.dialogs import dialog as d
from engine.dialogs.errors import DialogError
from engine.dialogs.prompt_sounds import PromptSounds
from sip.media import Clip, Silence, Sound
from vxml import commands as c

Sounds = tuple[Sound, ...]

log = structlog.get_logger()


class VoiceXmlSounds:
    """Loads the sounds of one session.

    A prompt without any sound is left out, as VoiceXML wants it.
    """

    def __init__(self, sounds: PromptSounds, recordings: Mapping[str, Path]) -> None:
        """*recordings* are files by the URI that the session has for them."""
        self._sounds = sounds
        self._recordings = recordings

    def if_loaded(self, items: Sequence[c.Item]) -> Sounds | None:
        """The sounds of *items*; None if some of them have to be loaded first."""
        result: list[Sound] = []
        for item in items:
            sounds = self._item_if_loaded(item)
            if sounds is None:
                return None
            result += sounds
        return tuple(result)

    async def load(self, items: Sequence[c.Item]) -> Sounds:
        """Load the sounds of *items*.

        What cannot be had is replaced by its alternative, or left out.
        """
        loaded = await asyncio.gather(*map(self._load_item, items))
        return tuple(sound for sounds in loaded for sound in sounds)

    def close(self) -> None:
        """Release every sound."""
        self._sounds.close()

    def _item_if_loaded(self, item: c.Item) -> Sounds | None:
        match item:
            case c.Silence():
                return (Silence(max(round(item.duration_s * 1000), 1)),)
            case c.Audio() if item.uri in self._recordings:
                return (Clip(self._recordings[item.uri]),)
            case c.Audio():
                return self._sounds.if_loaded([_audio_prompt(item)])
            case c.Speech():
                return self._sounds.if_loaded([_speech_prompt(item)])

    async def _load_item(self, item: c.Item) -> Sounds:
        if (known := self._item_if_loaded(item)) is not None:
            return known
        assert not isinstance(item, c.Silence)
        if isinstance(item, c.Audio):
            return await self._load_first([_audio_prompt(item)]) or await self.load(
                item.otherwise
            )
        spoken = _speech_prompt(item)
        usual = d.SpeechPrompt(spoken.text, is_ssml=spoken.is_ssml)
        return await self._load_first(list(dict.fromkeys([spoken, usual])))

    async def _load_first(
        self, prompts: Sequence[d.AudioPrompt | d.SpeechPrompt]
    ) -> Sounds:
        """The sounds of the first of *prompts* that can be loaded; empty if none can."""
        for prompt in prompts:
            try:
                return await self._sounds.load([prompt])
            except DialogError as error:
                log.info("prompt_failed", why=error.reason)
        return ()


def _audio_prompt(item: c.Audio) -> d.AudioPrompt:
    return d.AudioPrompt(
        item.uri,
        timeout_s=item.timeout_s,
        max_age_s=item.max_age,
        max_stale_s=item.max_stale,
    )


def _speech_prompt(item: c.Speech) -> d.SpeechPrompt:
    if item.ssml == escape(item.text, quote=False):
        return d.SpeechPrompt(item.text, item.language)
    return d.SpeechPrompt(f"<speak>{item.ssml}</speak>", item.language, is_ssml=True)
