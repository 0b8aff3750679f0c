"""The native part of call progress analysis over samples, without PJSIP."""

import pjsua2

from sip.call_progress import Detection, SoundInterval
from sip.pjsip.call_media import meter_settings


def read_sounds(samples: bytes, detection: Detection) -> list[SoundInterval]:
    """Return the intervals of sound in *samples* (PCM of 16 bits, 8 kHz)."""
    pairs = pjsua2.outring_sound_intervals(samples, *meter_settings(detection))
    return [SoundInterval(sound, begin_ms) for sound, begin_ms in pairs]
