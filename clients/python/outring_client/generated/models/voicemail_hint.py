from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.voicemail_hint_on_machine import (
    VoicemailHintOnMachine,
    check_voicemail_hint_on_machine,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="VoicemailHint")


@_attrs_define
class VoicemailHint:
    """Deals with an answering machine; a person goes on to the application.

    Attributes:
        on_machine (VoicemailHintOnMachine): What is done once a machine has answered.
        sound (None | str | Unset): URI of a WAV file to play, relative to that of the document.
        text (None | str | Unset): To be spoken.
        voice (None | str | Unset): Language or name of the voice that speaks.
        max_wait (None | str | Unset): Longest wait for the end of the greeting; 60s.
        silence (None | str | Unset): So much silence stands for a beep; 4s.
    """

    on_machine: VoicemailHintOnMachine
    sound: None | str | Unset = UNSET
    text: None | str | Unset = UNSET
    voice: None | str | Unset = UNSET
    max_wait: None | str | Unset = UNSET
    silence: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        on_machine: str = self.on_machine

        sound: None | str | Unset
        if isinstance(self.sound, Unset):
            sound = UNSET
        else:
            sound = self.sound

        text: None | str | Unset
        if isinstance(self.text, Unset):
            text = UNSET
        else:
            text = self.text

        voice: None | str | Unset
        if isinstance(self.voice, Unset):
            voice = UNSET
        else:
            voice = self.voice

        max_wait: None | str | Unset
        if isinstance(self.max_wait, Unset):
            max_wait = UNSET
        else:
            max_wait = self.max_wait

        silence: None | str | Unset
        if isinstance(self.silence, Unset):
            silence = UNSET
        else:
            silence = self.silence

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "onMachine": on_machine,
            }
        )
        if sound is not UNSET:
            field_dict["sound"] = sound
        if text is not UNSET:
            field_dict["text"] = text
        if voice is not UNSET:
            field_dict["voice"] = voice
        if max_wait is not UNSET:
            field_dict["maxWait"] = max_wait
        if silence is not UNSET:
            field_dict["silence"] = silence

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        on_machine = check_voicemail_hint_on_machine(d.pop("onMachine"))

        def _parse_sound(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sound = _parse_sound(d.pop("sound", UNSET))

        def _parse_text(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        text = _parse_text(d.pop("text", UNSET))

        def _parse_voice(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        voice = _parse_voice(d.pop("voice", UNSET))

        def _parse_max_wait(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        max_wait = _parse_max_wait(d.pop("maxWait", UNSET))

        def _parse_silence(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        silence = _parse_silence(d.pop("silence", UNSET))

        voicemail_hint = cls(
            on_machine=on_machine,
            sound=sound,
            text=text,
            voice=voice,
            max_wait=max_wait,
            silence=silence,
        )

        return voicemail_hint
