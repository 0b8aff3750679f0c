"""Limits: how much a document may do, so that every session ends."""

from dataclasses import dataclass


@dataclass(slots=True)
class Limits:
    """How much a document may do."""

    steps: int = 2000
    """Elements executed without input from outside."""
    moves: int = 200
    """Dialogs entered without a key."""
    documents: int = 1000
    """Documents, scripts, grammars and data fetched in all."""
    prompt_characters: int = 20_000
    """Characters of text that wait to be spoken."""
    prompt_items: int = 500
    """Sounds, texts and silences that wait to be played."""
    depth: int = 16
    """Subdialogs inside subdialogs."""
    age_s: float = 24 * 3600.0
    """Longest duration of a session, in seconds."""


@dataclass(slots=True)
class Usage:
    """How much of the limits has been used."""

    steps: int = 0
    moves: int = 0
    documents: int = 0
    depth: int = 0
