"""Speech at the rate of calls, by the resampler of PJSIP."""

from .errors import SoundError


def resample(pcm: bytes, rate: int, new_rate: int) -> bytes:
    """Convert mono samples of 16 bits as ``sip.pjsip.resampling`` does.

    Raises SoundError in a process without pjsua2.
    """
    try:
        # Late, because most processes never speak, and some have no user agent.
        from sip.pjsip import resampling
    except ImportError as error:
        reason = "Speech cannot be brought to the rate of calls without pjsua2."
        raise SoundError(reason) from error
    return resampling.resample(pcm, rate, new_rate)
