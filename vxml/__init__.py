"""W3C VoiceXML 2.1 for dialogs by DTMF: parses documents and runs dialogs. Pure.

It knows no socket, clock, thread, SIP or HTTP: time is an argument, and what has to be
done outside is handed out as commands.
"""

from ccxml.xml.errors import CcxmlError, Finding, ParseError

from .document.document import Document
from .document.parser import parse

__all__ = ["CcxmlError", "Document", "Finding", "ParseError", "parse"]
