"""What documents, scripts, sounds and messages travel through: HTTP and local files, cached.

Addresses are checked before each connection, answers have limits, and equal requests
are made once. It may use settings and the interpreters' parsers. It must never know a
session, but for its cookies.
"""

from .ccxml_documents import CcxmlDocuments, Loaded
from .command_request import request_of_command
from .document_cache import DocumentCache, DocumentError
from .errors import Failure, FetchError, redact_uri
from .fetcher import Fetcher
from .request import File, Request
from .resource import Resource
from .stream_location import StreamLocation
from .web_session import WebSession

__all__ = [
    "CcxmlDocuments",
    "DocumentCache",
    "DocumentError",
    "Failure",
    "FetchError",
    "Fetcher",
    "File",
    "Loaded",
    "Request",
    "Resource",
    "StreamLocation",
    "WebSession",
    "redact_uri",
    "request_of_command",
]
