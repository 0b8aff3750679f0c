"""What talks to callers, from a sound to a menu, and what lets it talk.

A dialog is pure: events in, commands to play or record out. A runner carries these out on
a call; ``voicexml/`` does so for VoiceXML. The room may use audio, fetching and the folder
of recordings. It must never know the application that began a dialog.
"""

from .dialog import Dialog, ExitDialog, FailDialog, Notify
from .dialog_factory import DialogResources, create_dialog
from .dialog_runner import DialogResult, DialogRunner
from .errors import DialogError
from .prompt_sounds import PromptSounds
from .recordings import Recordings
from .streams.runner import StreamDialog, StreamRunner

__all__ = [
    "Dialog",
    "DialogError",
    "DialogResources",
    "DialogResult",
    "DialogRunner",
    "ExitDialog",
    "FailDialog",
    "Notify",
    "PromptSounds",
    "Recordings",
    "StreamDialog",
    "StreamRunner",
    "create_dialog",
]
