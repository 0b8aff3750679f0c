"""Sender: posts events to a webhook, by the rules of the settings for addresses."""

import asyncio
from dataclasses import dataclass

from engine.config.settings import FetchSettings
from engine.fetch import FetchError
from engine.fetch.http_client import HttpClient
from engine.fetch.request import JSON, Outgoing

from .retry_policy import TIMEOUT_S, DeliveryVerdict, judge

MAX_ANSWER = 64 * 1024  # bytes that are read, so that the connection stays of use


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a receiver has answered; *status* is None if there was no answer.

    *error* says for people why it is none that takes an event.
    """

    status: int | None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has taken the event."""
        return judge(self.status) is DeliveryVerdict.TAKEN


class Sender:
    """Posts to one receiver, with connections that it shares with no other."""

    def __init__(self, settings: FetchSettings) -> None:
        self._http = HttpClient(settings)

    async def post(
        self, uri: str, body: bytes, headers: dict[str, str]
    ) -> WebhookAnswer:
        """Post *body*, which is JSON, to *uri* with *headers*, and return the answer.

        A redirect is not followed. It takes ``TIMEOUT_S`` at most, and raises nothing.
        """
        outgoing = Outgoing("POST", uri, body, JSON)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._http.ask(
                    outgoing, headers, max_bytes=MAX_ANSWER, ignores_body=True
                )
        except TimeoutError:
            return WebhookAnswer(
                None, f"There was no answer within {TIMEOUT_S:g} seconds."
            )
        except FetchError as error:
            return WebhookAnswer(
                error.status, f"{error.why[0].upper()}{error.why[1:]}."
            )
        if answer.redirect is not None:
            return WebhookAnswer(answer.status, "It redirects, which is not followed.")
        return WebhookAnswer(answer.status)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
