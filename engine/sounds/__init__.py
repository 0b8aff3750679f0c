"""Where what is played comes from: files here, files of web servers, and speech."""

from engine.sounds.directory import Held
from engine.sounds.errors import SoundError
from engine.sounds.sounds import Sounds
from engine.sounds.speaker import Speaker
from engine.sounds.spoken import Speech

__all__ = ["Held", "SoundError", "Sounds", "Speaker", "Speech"]
