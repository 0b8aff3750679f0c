"""PromptSounds: the sounds of one dialog's prompts, held until its end or until they are too old."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.audio import Held, SoundError, Sounds
from engine.fetch import WebSession
from sip.media import Sound

from .dialog import AudioPrompt, Prompt, SpeechPrompt
from .errors import DialogError

# Of one dialog; the limit leaves fetching and speech to other dialogs, too.
MAX_CONCURRENT_LOADS = 2
MAX_HELD = 200  # beyond that, the least recently used ones are released


@dataclass(slots=True)
class _HeldSound:
    """A sound that is held; *is_new* until it is played for the first time."""

    held: Held
    is_new: bool = True


class PromptSounds:
    """Loads and holds the sounds of one dialog; ``close`` releases them.

    What was loaded is played once whatever its age, and again as long as HTTP and the
    prompt's own maximum age allow; then it is loaded anew (VoiceXML 2.0, 6.1.2). At most
    ``MAX_HELD`` are held; beyond that the least recently used ones are released.
    """

    def __init__(self, source: Sounds, web: WebSession | None = None) -> None:
        """*web* has the cookies with which they are fetched."""
        self._source = source
        self._web = web
        self._held: dict[Prompt, _HeldSound] = {}
        self._outdated: deque[Held] = deque()  # perhaps they are still being played
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
        """Load the sounds of *prompts* that are not held, or too old; raises DialogError
        if one cannot be had.
        """
        missing = [
            prompt
            for prompt in dict.fromkeys(prompts)
            if isinstance(prompt, AudioPrompt | SpeechPrompt)
            and self._find_usable(prompt) is None
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
        if self._is_closed:  # while it was being loaded
            held.release()
        else:
            self._hold(prompt, held)

    def _hold(self, prompt: Prompt, held: Held) -> None:
        """Hold a sound that was loaded, in the place of the one that is too old."""
        before = self._held.get(prompt)
        if before is not None and before.held.clip == held.clip:
            held.release()
            before.is_new = True
            return
        if before is not None:
            self._outdated.append(before.held)
            if len(self._outdated) > MAX_HELD:
                self._outdated.popleft().release()
        self._held[prompt] = _HeldSound(held)

    def _find_usable(self, prompt: AudioPrompt | SpeechPrompt) -> _HeldSound | None:
        """Return the sound of *prompt* if it is held and not too old."""
        sound = self._held.get(prompt)
        if sound is None or sound.is_new or isinstance(prompt, SpeechPrompt):
            return sound
        is_current = self._source.is_current(
            sound.held.clip,
            prompt.uri,
            prompt.base,
            max_age_s=prompt.max_age_s,
            max_stale_s=prompt.max_stale_s,
            web=self._web,
        )
        return sound if is_current else None

    def if_loaded(self, prompts: Sequence[Prompt]) -> tuple[Sound, ...] | None:
        """The sounds of *prompts*, to be played now in their order; None if one of them has
        to be loaded first.
        """
        sounds: list[Sound] = []
        used: list[_HeldSound] = []
        for prompt in prompts:
            if not isinstance(prompt, AudioPrompt | SpeechPrompt):
                sounds.append(prompt)
            elif (sound := self._find_usable(prompt)) is not None:
                del self._held[prompt]
                self._held[prompt] = sound  # moved to the end: used last
                used.append(sound)
                sounds.append(sound.held.clip)
            else:
                return None
        for sound in used:
            sound.is_new = False
        self._release_beyond(MAX_HELD)
        return tuple(sounds)

    def close(self) -> None:
        """Release every sound; one that is still being loaded is released when it comes."""
        self._is_closed = True
        self._release_beyond(0)
        while self._outdated:
            self._outdated.popleft().release()

    def _release_beyond(self, kept: int) -> None:
        while len(self._held) > kept:
            self._held.pop(next(iter(self._held))).held.release()
