"""How a dialog that joins a call to a WebSocket is made for the call."""

from collections.abc import Callable

from engine.calls.call_session import CallSession
from engine.dialogs import DialogError, DialogResult, StreamDialog, StreamRunner
from engine.dialogs.streams.audio_streams import make_stream

from .stream_parameters import parameters_of_call


def make_stream_runner(
    dialog: StreamDialog,
    call: CallSession,
    on_ended: Callable[[DialogResult], None],
    *,
    is_heard: bool,
    hears: bool,
) -> StreamRunner:
    """Return what runs *dialog* on *call*, see ``StreamRunner``.

    Raises DialogError if the call has a stream.
    """
    if call.stream.is_open:
        raise DialogError("The call has a stream already: end it before.")
    account = call.order.platform.account_by_id(call.order.application.account)
    return StreamRunner(
        call,
        make_stream(dialog.location, account, call.id, dialog.options),
        {**dialog.parameters, **parameters_of_call(call)},
        max_wait_s=dialog.options.max_wait_ms / 1000,
        is_heard=is_heard,
        hears=hears,
        on_ended=on_ended,
    )
