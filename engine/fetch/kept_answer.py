"""KeptAnswer: an answer of a server that may be used again."""

from collections.abc import Mapping
from dataclasses import dataclass

from .http_cache import Policy
from .request import HttpRedirect, Request
from .resource import Resource

ENTRY_BYTES = 2048  # memory of an answer beside its texts

Outcome = Resource | HttpRedirect


@dataclass(slots=True)
class KeptAnswer:
    """An answer that arrived *at*, to a request with these *fields*.

    *is_own*: it belongs to one session, since it sets cookies or may depend on those that
    were sent. *retry_at* is set while its server is unreachable.
    """

    outcome: Outcome
    policy: Policy
    at: float
    fields: Mapping[str, str]
    is_own: bool
    retry_at: float | None = None

    def age(self, now: float) -> float:
        """Return its age at the time *now*, in seconds."""
        return self.policy.initial_age_s + now - self.at

    def is_usable(self, request: Request, now: float) -> bool:
        """Whether *request* allows it to be used at the time *now* without asking."""
        return self.policy.is_usable(
            self.age(now), request.max_age_s, request.max_stale_s
        )

    @property
    def may_be_used_again(self) -> bool:
        """Whether it will ever be: by its lifetime, or after asking whether it has changed."""
        return self.policy.lifetime_s > 0 or bool(self.policy.conditions())

    def size(self, uri: str) -> int:
        """Estimate its memory in bytes; a server chooses the length of its fields."""
        texts: list[str | bytes] = [uri, *self.policy.headers.values()]
        texts += self.fields.values()
        if isinstance(self.outcome, HttpRedirect):
            texts.append(self.outcome.location)
        else:
            texts += self.outcome.body, self.outcome.media_type
        return ENTRY_BYTES + sum(map(len, texts))
