"""Where the sounds that calls hear come from: local files, web servers, and speech programs.

It may use fetching and settings. It must never know a call, nor who listens.
"""

from .errors import SoundError
from .file_cache import Held
from .sound_source import Sounds
from .speech_text import Speech

__all__ = ["Held", "SoundError", "Sounds", "Speech"]
