"""Simulator: posts the events of a simulation to a receiver, with retries."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from engine.config.settings import FetchSettings
from engine.platform.objects import Webhook

from .sender import Sender, WebhookAnswer
from .simulation import Post
from .webhook_runner import post_event


class PostResult(NamedTuple):
    """A post, the answer to its last try, and how often it was tried."""

    post: Post
    answer: WebhookAnswer
    tries: int


async def simulate_posts(
    webhook: Webhook, posts: Sequence[Post], *, tries: int, pause_s: float
) -> AsyncIterator[PostResult]:
    """Post each of *posts* to *webhook*, *tries* times at most until it is taken, with
    *pause_s* seconds between tries; yield what has come of it.
    """
    sender = Sender(FetchSettings())
    try:
        for post in posts:
            answer = await post_event(sender, webhook, post.entry)
            tried = 1
            while not answer.is_taken and tried < tries:
                await asyncio.sleep(pause_s)
                answer = await post_event(sender, webhook, post.entry)
                tried += 1
            yield PostResult(post, answer, tried)
    finally:
        await sender.aclose()
