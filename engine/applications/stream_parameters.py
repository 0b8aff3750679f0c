"""What the server of an audio stream is told of its call."""

from engine.calls.call_session import CallSession
from engine.platform.number_rules import user_part
from sip.call_progress import AnsweredBy


def parameters_of_call(call: CallSession) -> dict[str, str]:
    """Return the parameters of *call* that a server gets whoever has asked for the stream:
    the numbers, the id of the record, and who has answered, if that is known.
    """
    from_, verdict = call.legs.from_, verdict_of_call(call)
    caller = (from_.uri.user if from_ else None) or call.legs.caller_id
    known = {
        "to_number": user_part(call.order.request.to),
        "from_number": caller,
        "outring_call_id": call.id,
    }
    return known if verdict is None else {**known, "amd": verdict.value}


def verdict_of_call(call: CallSession) -> AnsweredBy | None:
    """Return who has answered *call*; None: that is not known (yet)."""
    result = call.findings.analysis.result
    return None if result is None else result.verdict
