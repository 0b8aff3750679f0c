"""Dialogs: what talks to callers, from a sound to a menu, and what lets it talk."""

from .dialog import Dialog, Exit, Fail, Tell
from .errors import DialogError
from .kinds import Tools, make
from .recordings import Recordings
from .runner import Last, Runner
from .shelf import Shelf

__all__ = [
    "Dialog",
    "DialogError",
    "Exit",
    "Fail",
    "Last",
    "Recordings",
    "Runner",
    "Shelf",
    "Tell",
    "Tools",
    "make",
]
