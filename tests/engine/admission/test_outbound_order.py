"""What becomes of an order whose client waits no more, and what it is known by."""

import pytest
from msgspec.structs import replace

from engine.admission.outbound_order import CLIENT_GONE
from engine.model.campaign import CampaignCall
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application
from tests.engine.calls.sessions import make_order

CANCEL, CONTINUE = "cancel", "continue"


def application(**fields: object) -> Application:
    return Application.model_validate({"id": "hello", "account": "acme", **fields})


@pytest.mark.parametrize(
    ("on_disconnect", "is_gone", "is_unwanted"),
    [
        (CANCEL, True, True),
        (CANCEL, False, False),
        (CONTINUE, True, False),
        (CONTINUE, False, False),
    ],
)
def test_an_order_that_nobody_wants_any_more(
    on_disconnect: str, is_gone: bool, is_unwanted: bool
) -> None:
    order = make_order(application(on_client_disconnect=on_disconnect))
    assert not order.client_is_gone
    order.client_is_gone = is_gone

    assert order.is_unwanted is is_unwanted
    if not is_unwanted:
        order.check_wanted()
        return
    with pytest.raises(RefusedError, match=CLIENT_GONE) as refused:
        order.check_wanted()
    assert refused.value.result is Result.CALL_FAILED


@pytest.mark.parametrize(("on_wait", "cancels"), [(CANCEL, True), (CONTINUE, False)])
def test_a_wait_that_runs_out(on_wait: str, cancels: bool) -> None:
    order = make_order(application(on_wait_timeout=on_wait))

    assert (order.is_cancelled_by_wait, order.wait_ran_out) == (cancels, False)


@pytest.mark.parametrize("is_wanted", [True, False])
@pytest.mark.parametrize("is_analysed", [True, False])
def test_an_answer_waits_only_for_an_analysis_that_there_is(
    is_wanted: bool, is_analysed: bool
) -> None:
    hints = {"bvr_callprogress": {"enabled": "amd"}} if is_analysed else {}
    order = make_order(application(answer_after_call_progress=is_wanted), hints=hints)

    assert order.waits_for_call_progress is (is_wanted and is_analysed)


def test_the_idempotency_key_is_that_of_its_claim() -> None:
    order = make_order()
    assert (order.idempotency_key, order.as_text, order.lease) == (None, False, "")

    order.place = ("hello", "key-of-the-client")

    assert order.idempotency_key == "key-of-the-client"


@pytest.mark.parametrize(("not_after", "is_late"), [(1.0, True), (4e9, False)])
def test_a_campaign_calls_nobody_once_its_hours_have_passed(
    not_after: float, is_late: bool
) -> None:
    order = make_order(application())
    campaign = CampaignCall("spring", "a", not_after)
    order.request = replace(order.request, campaign=campaign)
    if not is_late:
        order.check_wanted()
        return
    with pytest.raises(RefusedError, match="time has passed") as refused:
        order.check_wanted()
    assert refused.value.conclusion.refused_by == "campaign:window"
