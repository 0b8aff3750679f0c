"""Sound at another rate, by PJMEDIA's resampler. It needs no running user agent."""

import pjsua2 as pj


def resample(pcm: bytes, rate: int, new_rate: int) -> bytes:
    """Convert mono samples of 16 bits from *rate* to *new_rate* hertz, in any thread.

    The result begins 2.5 ms late, and silence of 10 ms is added to its end. Both rates are
    8,000 to 96,000. A second of sound takes some milliseconds, without the interpreter lock.
    """
    return pj.outring_resample(pcm, rate, new_rate)
