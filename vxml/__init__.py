"""W3C VoiceXML 2.1 for dialogs by DTMF. Knows no socket, clock, thread, SIP or HTTP."""

from ccxml.errors import CcxmlError, Finding, ParseError

from .document import Document
from .parser import parse

__all__ = ["CcxmlError", "Document", "Finding", "ParseError", "parse"]
