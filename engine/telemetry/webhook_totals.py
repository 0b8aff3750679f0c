"""WebhookTotals: how webhooks stand, of one process or of all. Pure."""

from collections.abc import Iterable

import msgspec


class WebhookTotals(msgspec.Struct, frozen=True):
    """How many events wait for webhooks, and how many webhooks have refused what was posted
    last: of one process, or of all.
    """

    waiting: int = 0
    failing: int = 0


def sum_up(totals: Iterable[WebhookTotals]) -> WebhookTotals:
    """Return the sum of *totals*."""
    counted = [*totals]
    return WebhookTotals(
        sum(each.waiting for each in counted), sum(each.failing for each in counted)
    )


NO_WEBHOOKS = WebhookTotals()
