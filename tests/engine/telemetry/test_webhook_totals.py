"""How webhooks stand, of all processes."""

from engine.telemetry.webhook_totals import NO_WEBHOOKS, WebhookTotals, sum_up


def test_what_all_processes_tell_is_summed_up() -> None:
    assert sum_up([WebhookTotals(3, 1), NO_WEBHOOKS, WebhookTotals(4, 2)]) == (
        WebhookTotals(7, 3)
    )
    assert sum_up([]) == NO_WEBHOOKS
