"""Client of outring's HTTP API: places calls, waits for what becomes of them, verifies webhooks.

``Outring`` blocks, ``AsyncOutring`` runs on asyncio; both have the same methods. Below
``outring_client.generated`` stands what is made of the OpenAPI description: the types of
requests and answers, and every operation that an application's key may use.
"""

from .client import AsyncOutring, Outring
from .errors import (
    CallNotFoundError,
    InvalidRequestError,
    LimitError,
    NumberDeniedError,
    OutringError,
    PlatformError,
    RefusedError,
    UnexpectedAnswerError,
    UnreachableError,
    WaitExpiredError,
    WebhookError,
)
from .outcome import Outcome
from .requests import CallOptions
from .retries import Retries
from .webhooks import verify_webhook

__all__ = [
    "AsyncOutring",
    "CallNotFoundError",
    "CallOptions",
    "InvalidRequestError",
    "LimitError",
    "NumberDeniedError",
    "Outcome",
    "Outring",
    "OutringError",
    "PlatformError",
    "RefusedError",
    "Retries",
    "UnexpectedAnswerError",
    "UnreachableError",
    "WaitExpiredError",
    "WebhookError",
    "verify_webhook",
]
