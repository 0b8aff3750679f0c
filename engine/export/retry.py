"""How long an export that has failed waits. Pure."""

FIRST_S = 0.5
LONGEST_S = 30.0


def pause_s(failures: int, chance: float) -> float:
    """Return the seconds until the next try after *failures* in a row.

    The bound doubles with each. *chance*, from 0 to 1, is where in the upper half of it
    the pause lies, so that many processes do not come back at once.
    """
    bound = min(FIRST_S * 2.0 ** min(failures - 1, 16), LONGEST_S)
    return bound * (0.5 + chance / 2)
