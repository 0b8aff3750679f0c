"""W3C CCXML 1.0: reads documents. Knows no socket, clock, thread, SIP or HTTP."""

from .document import Document
from .errors import CcxmlError, Finding, ParseError
from .parser import parse

__all__ = ["CcxmlError", "Document", "Finding", "ParseError", "parse"]
