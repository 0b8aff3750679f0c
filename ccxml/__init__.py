"""W3C CCXML 1.0: parses documents and runs sessions. Pure.

``session.py`` is the way in, and ``executors/`` has what each element does. ``xml/`` and
``ecmascript/`` are shared with VoiceXML. It knows no socket, clock,
thread, SIP or HTTP: time is an argument, and what has to be done outside is handed out
as commands.
"""

from .document import Document
from .parser import parse
from .xml.errors import CcxmlError, Finding, ParseError

__all__ = ["CcxmlError", "Document", "Finding", "ParseError", "parse"]
