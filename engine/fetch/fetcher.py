"""Fetcher: fetches what documents ask for, from memory as long as HTTP caching allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import structlog
from yarl import URL

from engine.config.settings import MAX_FETCH_MS, FetchSettings

from . import local_files
from .errors import Failure, FetchError, redact_uri
from .http_cache import is_storable, policy_of
from .http_client import Answer, HttpClient
from .kept_answer import KeptAnswer, Outcome
from .lru_cache import Lru
from .request import Outgoing, Request, to_outgoing
from .resource import Resource
from .single_flight import SingleFlight
from .stream_location import StreamLocation, locate_stream
from .web_session import WebSession

MAX_ANSWER = 64 * 1024  # of an answer to a message
MAX_KEPT = 100_000
FILE_LIFETIME_S = 1.0
RETRY_S = 5.0  # between requests to a server that was unreachable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """One GET on the way to what *request* asks for, by *session* with its *cookie*."""

    request: Request
    sent: Outgoing
    session: WebSession | None
    cookie: str

    @property
    def fields(self) -> dict[str, str]:
        """The fields that an answer may depend on."""
        fields = {"accept": self.sent.accept}
        return {**fields, "cookie": self.cookie} if self.cookie else fields


class Fetcher:
    """Fetches by GET and POST, and caches what it got by GET (RFC 9111).

    Callers that ask for the same at the same time share one request, unless cookies go or
    come with it: what depends on those is of one session alone. *clock* counts
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
        self._kept: Lru[str, KeptAnswer] = Lru(
            max_bytes=settings.cache_bytes, max_count=MAX_KEPT
        )
        # URIs whose last answer has set cookies: nobody waits for what another one gets.
        self._own_answers: Lru[str, bool] = Lru(max_bytes=2**20, max_count=MAX_KEPT)
        self._flights: SingleFlight[KeptAnswer] = SingleFlight()
        self._retries: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """End background requests, and close the connections for good."""
        for task in self._retries:
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)
        await self._http.aclose()

    async def fetch(
        self, request: Request, session: WebSession | None = None
    ) -> Resource:
        """Return what *request* of *session* asks for; raises FetchError.

        Without a session no cookies are sent or kept. While the server is unreachable a
        stale answer is returned, if it allows that.
        """
        deadline = self._deadline_after(request.timeout_s)
        first = to_outgoing(request)
        if first.method == "GET":
            return await self._follow(
                first, partial(self._get, request, session, deadline)
            )
        limit = self._settings.max_bytes
        step = partial(self._request_uncached, session, deadline, limit)
        return await self._follow(first, step)

    async def locate_stream(self, url: str) -> StreamLocation:
        """Return where the server of an audio stream at *url* is; raises FetchError."""
        return await locate_stream(url, self._settings)

    def find_cached(
        self, request: Request, session: WebSession | None = None
    ) -> Resource | None:
        """Return what ``fetch`` would return without asking a server, or None.

        Raises FetchError for a request that can never be sent.
        """
        at, now = to_outgoing(request), self._clock()
        for _ in range(self._settings.max_redirects + 1):
            if at.method != "GET":
                return None
            kept = self._find(self._inquire(request, at, session))
            if kept is None or not kept.is_usable(request, now):
                return None
            if isinstance(kept.outcome, Resource):
                return kept.outcome
            at = at.follow(kept.outcome)
        return None

    def forget(self, resource: Resource, session: WebSession | None = None) -> None:
        """Remove *resource* from the cache, since what its body names is gone."""
        self._kept.drop(resource.uri)
        if session is not None:
            session.drop_own((id(self), resource.uri))

    async def send(
        self, request: Request, session: WebSession | None = None
    ) -> Resource:
        """Send a message and return the answer, cut to MAX_ANSWER bytes; raises FetchError.

        Nothing is cached or shared.
        """
        deadline = self._deadline_after(request.timeout_s)
        step = partial(
            self._request_uncached, session, deadline, MAX_ANSWER, is_cut=True
        )
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
        self,
        session: WebSession | None,
        deadline: float,
        max_bytes: int,
        sent: Outgoing,
        *,
        is_cut: bool = False,
    ) -> Outcome:
        """Make one request that is neither cached nor shared."""
        cookie = _cookie_of(session, sent.uri)
        more = {"Cookie": cookie} if cookie else {}
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._http.ask(
                    sent, more, max_bytes=max_bytes, session=session, is_cut=is_cut
                )
        except TimeoutError:
            raise _too_slow(sent.uri) from None
        return _outcome_of(sent.uri, answer)

    # -- what is kept ------------------------------------------------------------

    def _inquire(
        self, request: Request, sent: Outgoing, session: WebSession | None
    ) -> _Inquiry:
        return _Inquiry(request, sent, session, _cookie_of(session, sent.uri))

    def _find(self, inquiry: _Inquiry) -> KeptAnswer | None:
        """Return the answer that is kept for *inquiry*: the session's own, else a shared one.

        An answer to a request without cookies is none to a request with them, unless it
        is public.
        """
        uri, fields = inquiry.sent.uri, inquiry.fields
        if inquiry.session is not None:
            own = inquiry.session.find_own((id(self), uri))
            if own is not None and own.policy.fits(own.fields, fields):
                return own
        kept = self._kept.get(uri)
        if kept is None or (inquiry.cookie and not kept.policy.is_public):
            return None
        return kept if kept.policy.fits(kept.fields, fields) else None

    def _find_tagged(self, uri: str) -> KeptAnswer | None:
        """Return a shared answer whose tag tells whether it is the one for this inquiry, too
        (RFC 9111 §4.3.1): so a session with cookies does not fetch again what all hear.
        """
        kept = self._kept.get(uri)
        return kept if kept is not None and "etag" in kept.policy.headers else None

    def _keep(self, inquiry: _Inquiry, kept: KeptAnswer) -> None:
        uri = inquiry.sent.uri
        if not kept.is_own:
            self._kept.put(uri, kept, kept.size(uri))
        elif inquiry.session is not None and kept.may_be_used_again:
            inquiry.session.keep_own((id(self), uri), kept, kept.size(uri))

    def _drop(self, inquiry: _Inquiry) -> None:
        if inquiry.session is not None:
            inquiry.session.drop_own((id(self), inquiry.sent.uri))
        if not inquiry.cookie:
            self._kept.drop(inquiry.sent.uri)

    async def _get(
        self,
        request: Request,
        session: WebSession | None,
        deadline: float,
        sent: Outgoing,
    ) -> Outcome:
        inquiry = self._inquire(request, sent, session)
        kept, now = self._find(inquiry), self._clock()
        if kept is None:
            tagged = self._find_tagged(sent.uri)
            return (await self._request_shared(inquiry, tagged, deadline)).outcome
        if kept.is_usable(request, now):
            return kept.outcome
        can_stand_in = kept.policy.may_be_stale(
            kept.age(now), self._settings.stale_if_error_s
        )
        if kept.retry_at is not None and can_stand_in:
            self._retry_in_background(inquiry, kept, now)
            return kept.outcome
        try:
            return (await self._request_shared(inquiry, kept, deadline)).outcome
        except FetchError as error:
            if not (can_stand_in and error.is_outage):
                raise
            if kept.retry_at is None:
                log.warning("stale_answer_used", why=error.reason)
            kept.retry_at = self._clock() + RETRY_S
            return kept.outcome

    def _retry_in_background(
        self, inquiry: _Inquiry, kept: KeptAnswer, now: float
    ) -> None:
        """Ask the unreachable server again, at most every RETRY_S; the caller does not wait."""
        if kept.retry_at is None or now < kept.retry_at:
            return
        kept.retry_at = now + RETRY_S
        task = asyncio.create_task(self._ask_aside(inquiry, kept))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _ask_aside(self, inquiry: _Inquiry, kept: KeptAnswer) -> None:
        with suppress(FetchError):
            await self._request_shared(inquiry, kept, self._deadline_after())
            log.info("server_back", uri=redact_uri(inquiry.sent.uri))

    async def _request_shared(
        self, inquiry: _Inquiry, kept: KeptAnswer | None, deadline: float
    ) -> KeptAnswer:
        """Ask the server, in one request for all who want the same at this time."""
        uri = inquiry.sent.uri
        is_own = bool(inquiry.cookie) or self._own_answers.get(uri) is not None
        key = uri, inquiry.sent.accept, inquiry.session if is_own else None
        # Callers that join later may have more time than the first one.
        limit = max(deadline, self._deadline_after())
        asked: list[_Inquiry] = []

        async def ask() -> KeptAnswer:
            asked.append(inquiry)
            return await self._ask(inquiry, kept, limit)

        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._flights.run(key, ask)
                if answer.is_own and not asked and not is_own:
                    return await self._ask(inquiry, kept, limit)
                return answer
        except TimeoutError:
            raise _too_slow(uri) from None

    async def _ask(
        self, inquiry: _Inquiry, kept: KeptAnswer | None, deadline: float
    ) -> KeptAnswer:
        uri, asked_at = inquiry.sent.uri, self._clock()
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._read(inquiry, kept)
        except FetchError as error:
            if not error.is_outage:
                self._drop(inquiry)
            raise
        now = self._clock()
        if answer.sets_cookies:
            self._own_answers.put(uri, True, len(uri))
        else:
            self._own_answers.drop(uri)
        is_own, delay_s = answer.sets_cookies, now - asked_at
        if answer.status == 304 and kept is not None:
            is_own, outcome = is_own or kept.is_own, kept.outcome
            policy = kept.policy.renew(answer.headers, time.time(), delay_s)
        else:
            policy = policy_of(answer.headers, time.time(), delay_s)
            outcome = _outcome_of(uri, answer)
        is_own = is_own or (bool(inquiry.cookie) and not policy.is_public)
        new = KeptAnswer(outcome, policy, now, inquiry.fields, is_own)
        if answer.status == 304 or is_storable(answer.status, answer.headers):
            self._keep(inquiry, new)
        else:
            self._drop(inquiry)
        return new

    async def _read(self, inquiry: _Inquiry, kept: KeptAnswer | None) -> Answer:
        limit, sent = self._settings.max_bytes, inquiry.sent
        if not sent.uri.lower().startswith("file:"):
            more = kept.policy.conditions() if kept else {}
            if inquiry.cookie:
                more["Cookie"] = inquiry.cookie
            answer = await self._http.ask(
                sent, more, max_bytes=limit, session=inquiry.session
            )
            if self._store_body is None or not answer.body:
                return answer
            return replace(answer, body=await self._store_body(sent.uri, answer))
        body = await asyncio.to_thread(
            local_files.read, sent.uri, self._settings.folders, limit
        )
        return Answer(200, {"cache-control": f"max-age={FILE_LIFETIME_S:.0f}"}, body)


def _cookie_of(session: WebSession | None, uri: str) -> str:
    """Return the Cookie field of a request of *session* to *uri*; empty without one."""
    if session is None or not session.has_cookies:
        return ""
    try:
        return session.cookie_for(URL(uri))
    except ValueError:  # it is malformed, and will be refused
        return ""


def _outcome_of(uri: str, answer: Answer) -> Outcome:
    if answer.redirect is not None:
        return answer.redirect
    if answer.status == 304:
        why = "the server answers 304 although nothing is kept"
        raise FetchError(Failure.FAILED, uri, why, status=304)
    return Resource.of(uri, answer.body, answer.headers.get("content-type", ""))


def _too_slow(uri: str) -> FetchError:
    return FetchError(
        Failure.TIMEOUT, uri, "there was no answer in time", is_outage=True
    )
