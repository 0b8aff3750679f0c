"""What documents, scripts and basichttp messages travel through: HTTP and local files."""

from engine.fetch.documents import DocumentError, Documents, Loaded
from engine.fetch.errors import Failure, FetchError, shown
from engine.fetch.fetcher import Fetcher
from engine.fetch.request import File, Request
from engine.fetch.resource import Resource

__all__ = [
    "DocumentError",
    "Documents",
    "Failure",
    "FetchError",
    "Fetcher",
    "File",
    "Loaded",
    "Request",
    "Resource",
    "shown",
]
