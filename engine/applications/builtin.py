"""The applications that outring brings along: CCXML documents of this package."""

from functools import lru_cache
from importlib.resources import files

from ccxml import parse
from engine.fetch import Loaded

SAY_URI = "outring:say"


@lru_cache(maxsize=1)
def load_say() -> Loaded:
    """Return the application that speaks a text, which it finds in its session values."""
    text = files(__package__).joinpath("say.ccxml").read_bytes()
    return Loaded(parse(text, uri=SAY_URI), {})
