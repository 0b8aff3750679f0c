"""Fetcher: fetches what documents ask for, from memory as long as HTTP caching allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import structlog

from engine.config.settings import MAX_FETCH_MS, FetchSettings

from . import local_files
from .errors import Failure, FetchError, redact_uri
from .http_cache import Policy, is_storable, policy_of
from .http_client import Answer, HttpClient
from .lru_cache import Lru
from .request import HttpRedirect, Outgoing, Request, to_outgoing
from .resource import Resource
from .single_flight import SingleFlight

MAX_ANSWER = 64 * 1024  # of an answer to a message
MAX_KEPT = 100_000
ENTRY_BYTES = 2048  # memory of a cached answer beside its texts
FILE_LIFETIME_S = 1.0
RETRY_S = 5.0  # between requests to a server that was unreachable

log = structlog.get_logger()

Outcome = Resource | HttpRedirect


@dataclass(slots=True)
class _Kept:
    """A cached answer that arrived *at*; *retry_at* is set while its server is unreachable."""

    outcome: Outcome
    policy: Policy
    at: float
    retry_at: float | None = None

    def age(self, now: float) -> float:
        return self.policy.initial_age_s + now - self.at

    def is_usable(self, request: Request, now: float) -> bool:
        return self.policy.is_usable(
            self.age(now), request.max_age_s, request.max_stale_s
        )


class Fetcher:
    """Fetches by GET and POST, and caches what it got by GET (RFC 9111).

    Callers that ask for the same at the same time share one request. *clock* counts
    seconds and never goes back. *store_body*, if given, stores the body of a GET elsewhere
    and returns what is cached and handed out in its place, such as the name of a file;
    it may raise nothing but FetchError.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        store_body: Callable[[str, Answer], Awaitable[bytes]] | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._store_body = store_body
        self._http = HttpClient(settings)
        self._kept: Lru[str, _Kept] = Lru(
            max_bytes=settings.cache_bytes, max_count=MAX_KEPT
        )
        self._flights: SingleFlight[_Kept] = SingleFlight()
        self._retries: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """End background requests, and close the connections for good."""
        for task in self._retries:
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)
        await self._http.aclose()

    async def fetch(self, request: Request) -> Resource:
        """Return what *request* asks for; raises FetchError.

        While the server is unreachable a stale answer is returned, if it allows that.
        """
        deadline = self._deadline_after(request.timeout_s)
        first = to_outgoing(request)
        if first.method == "GET":
            return await self._follow(first, partial(self._get, request, deadline))
        limit = self._settings.max_bytes
        return await self._follow(
            first, partial(self._request_uncached, deadline, limit)
        )

    def find_cached(self, request: Request) -> Resource | None:
        """Return what ``fetch`` would return without asking a server, or None.

        Raises FetchError for a request that can never be sent.
        """
        at, now = to_outgoing(request), self._clock()
        for _ in range(self._settings.max_redirects + 1):
            kept = self._kept.get(at.uri) if at.method == "GET" else None
            if kept is None or not kept.is_usable(request, now):
                return None
            if isinstance(kept.outcome, Resource):
                return kept.outcome
            at = at.follow(kept.outcome)
        return None

    def forget(self, resource: Resource) -> None:
        """Remove *resource* from the cache, since what its body names is gone."""
        self._kept.drop(resource.uri)

    async def send(self, request: Request) -> Resource:
        """Send a message and return the answer, cut to MAX_ANSWER bytes; raises FetchError.

        Nothing is cached or shared.
        """
        deadline = self._deadline_after(request.timeout_s)
        step = partial(self._request_uncached, deadline, MAX_ANSWER, is_cut=True)
        return await self._follow(to_outgoing(request), step)

    def _deadline_after(self, timeout_s: float | None = None) -> float:
        limit_s = self._settings.timeout_ms / 1000
        if timeout_s is not None:
            limit_s = min(timeout_s, MAX_FETCH_MS / 1000)
        return asyncio.get_running_loop().time() + limit_s

    async def _follow(
        self, first: Outgoing, step: Callable[[Outgoing], Awaitable[Outcome]]
    ) -> Resource:
        """Follow redirects until *step* finds a resource; raises FetchError after too many."""
        at = first
        for _ in range(self._settings.max_redirects + 1):
            outcome = await step(at)
            if isinstance(outcome, Resource):
                return outcome
            at = at.follow(outcome)
        why = f"there are more than {self._settings.max_redirects} redirects"
        raise FetchError(Failure.FAILED, first.uri, why)

    async def _request_uncached(
        self, deadline: float, max_bytes: int, sent: Outgoing, *, is_cut: bool = False
    ) -> Outcome:
        """Make one request that is neither cached nor shared."""
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._http.ask(
                    sent, {}, max_bytes=max_bytes, is_cut=is_cut
                )
        except TimeoutError:
            raise _too_slow(sent.uri) from None
        return _outcome_of(sent.uri, answer)

    # -- what is kept ------------------------------------------------------------

    async def _get(self, request: Request, deadline: float, sent: Outgoing) -> Outcome:
        kept, now = self._kept.get(sent.uri), self._clock()
        if kept is None:
            return (await self._request_shared(sent, None, deadline)).outcome
        if kept.is_usable(request, now):
            return kept.outcome
        can_stand_in = kept.policy.may_be_stale(
            kept.age(now), self._settings.stale_if_error_s
        )
        if kept.retry_at is not None and can_stand_in:
            self._retry_in_background(sent, kept, now)
            return kept.outcome
        try:
            return (await self._request_shared(sent, kept, deadline)).outcome
        except FetchError as error:
            if not (can_stand_in and error.is_outage):
                raise
            if kept.retry_at is None:
                log.warning("stale_answer_used", why=error.reason)
            kept.retry_at = self._clock() + RETRY_S
            return kept.outcome

    def _retry_in_background(self, sent: Outgoing, kept: _Kept, now: float) -> None:
        """Ask the unreachable server again, at most every RETRY_S; the caller does not wait."""
        if kept.retry_at is None or now < kept.retry_at:
            return
        kept.retry_at = now + RETRY_S
        task = asyncio.create_task(self._ask_aside(sent, kept))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _ask_aside(self, sent: Outgoing, kept: _Kept) -> None:
        with suppress(FetchError):
            await self._request_shared(sent, kept, self._deadline_after())
            log.info("server_back", uri=redact_uri(sent.uri))

    async def _request_shared(
        self, sent: Outgoing, kept: _Kept | None, deadline: float
    ) -> _Kept:
        """Ask the server, in one request for all who want the same at this time."""
        # Callers that join later may have more time than the first one.
        work = partial(self._ask, sent, kept, max(deadline, self._deadline_after()))
        try:
            async with asyncio.timeout_at(deadline):
                return await self._flights.run(sent.uri, work)
        except TimeoutError:
            raise _too_slow(sent.uri) from None

    async def _ask(self, sent: Outgoing, kept: _Kept | None, deadline: float) -> _Kept:
        conditions = kept.policy.conditions() if kept else {}
        asked_at = self._clock()
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._read(sent, conditions)
        except FetchError as error:
            if not error.is_outage:
                self._kept.drop(sent.uri)
            raise
        now = self._clock()
        if answer.status == 304 and kept:
            policy = kept.policy.renew(answer.headers, time.time(), now - asked_at)
            return self._keep(sent.uri, _Kept(kept.outcome, policy, now))
        policy = policy_of(answer.headers, time.time(), now - asked_at)
        new = _Kept(_outcome_of(sent.uri, answer), policy, now)
        if is_storable(answer.status, answer.headers):
            return self._keep(sent.uri, new)
        self._kept.drop(sent.uri)
        return new

    async def _read(self, sent: Outgoing, conditions: dict[str, str]) -> Answer:
        limit = self._settings.max_bytes
        if not (self._settings.folders and sent.uri.lower().startswith("file:")):
            answer = await self._http.ask(sent, conditions, max_bytes=limit)
            if self._store_body is None or not answer.body:
                return answer
            return replace(answer, body=await self._store_body(sent.uri, answer))
        body = await asyncio.to_thread(
            local_files.read, sent.uri, self._settings.folders, limit
        )
        return Answer(200, {"cache-control": f"max-age={FILE_LIFETIME_S:.0f}"}, body)

    def _keep(self, uri: str, kept: _Kept) -> _Kept:
        self._kept.put(uri, kept, _size(uri, kept))
        return kept


def _outcome_of(uri: str, answer: Answer) -> Outcome:
    if answer.redirect is not None:
        return answer.redirect
    if answer.status == 304:
        why = "the server answers 304 although nothing is kept"
        raise FetchError(Failure.FAILED, uri, why, status=304)
    return Resource.of(uri, answer.body, answer.headers.get("content-type", ""))


def _size(uri: str, kept: _Kept) -> int:
    """Estimate the memory of a cached answer; a server chooses the length of its fields."""
    texts: list[str | bytes] = [uri, *kept.policy.headers.values()]
    if isinstance(kept.outcome, HttpRedirect):
        texts.append(kept.outcome.location)
    else:
        texts += kept.outcome.body, kept.outcome.media_type
    return ENTRY_BYTES + sum(map(len, texts))


def _too_slow(uri: str) -> FetchError:
    return FetchError(
        Failure.TIMEOUT, uri, "there was no answer in time", is_outage=True
    )
