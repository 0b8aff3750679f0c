"""PromptSounds: the sounds of one dialog's prompts, each loaded once and held until its end."""

import asyncio
from collections.abc import Iterable, Sequence

from engine.audio import Held, SoundError, Sounds
from engine.fetch import WebSession
from sip.media import Sound

from .dialog import AudioPrompt, Prompt, SpeechPrompt
from .errors import DialogError

# Of one dialog; the limit leaves fetching and speech to other dialogs, too.
MAX_CONCURRENT_LOADS = 2
MAX_HELD = 200  # beyond that, the least recently used ones are released


class PromptSounds:
    """Loads and holds the sounds of one dialog; ``close`` releases them.

    At most ``MAX_HELD`` are held; beyond that the least recently used ones are
    released.
    """

    def __init__(self, source: Sounds, web: WebSession | None = None) -> None:
        """*web* has the cookies with which they are fetched."""
        self._source = source
        self._web = web
        self._held: dict[Prompt, Held] = {}
        self._is_closed = False
        self._load_slots = asyncio.Semaphore(MAX_CONCURRENT_LOADS)

    async def load(self, prompts: Sequence[Prompt]) -> tuple[Sound, ...]:
        """Load the sounds of *prompts* and return them; raises DialogError if one cannot
        be had.
        """
        await self.prepare(prompts)
        sounds = self.if_loaded(prompts)
        if sounds is None:
            raise DialogError("The sounds were released before they could be played.")
        return sounds

    async def prepare(self, prompts: Iterable[Prompt]) -> None:
        """Load the sounds of *prompts* that are not held; raises DialogError if one
        cannot be had.
        """
        missing = [
            prompt
            for prompt in dict.fromkeys(prompts)
            if isinstance(prompt, AudioPrompt | SpeechPrompt)
            and prompt not in self._held
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for prompt in missing:
                    group.create_task(self._load_prompt(prompt))
        except ExceptionGroup as errors:
            first = errors.exceptions[0]
            if isinstance(first, SoundError):
                raise DialogError(first.reason) from first
            raise first from None

    async def _load_prompt(self, prompt: AudioPrompt | SpeechPrompt) -> None:
        async with self._load_slots:
            if isinstance(prompt, AudioPrompt):
                held = await self._source.load_clip(
                    prompt.uri,
                    prompt.base,
                    timeout_s=prompt.timeout_s,
                    max_age_s=prompt.max_age_s,
                    max_stale_s=prompt.max_stale_s,
                    web=self._web,
                )
            else:
                held = await self._source.speak(
                    prompt.text, prompt.voice, is_ssml=prompt.is_ssml
                )
        if self._is_closed or prompt in self._held:  # while it was being loaded
            held.release()
            return
        self._held[prompt] = held

    def if_loaded(self, prompts: Sequence[Prompt]) -> tuple[Sound, ...] | None:
        """The sounds of *prompts* in their order; None if one of them has to be loaded first."""
        sounds: list[Sound] = []
        for prompt in prompts:
            if not isinstance(prompt, AudioPrompt | SpeechPrompt):
                sounds.append(prompt)
            elif prompt in self._held:
                held = self._held.pop(prompt)
                self._held[prompt] = held  # moved to the end: used last
                sounds.append(held.clip)
            else:
                return None
        self._release_beyond(MAX_HELD)
        return tuple(sounds)

    def close(self) -> None:
        """Release every sound; one that is still being loaded is released when it comes."""
        self._is_closed = True
        self._release_beyond(0)

    def _release_beyond(self, kept: int) -> None:
        while len(self._held) > kept:
            self._held.pop(next(iter(self._held))).release()
