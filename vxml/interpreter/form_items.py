"""How each kind of form item is visited (VoiceXML 2.0, 2.3)."""

from typing import Any
from urllib.parse import urldefrag

from ccxml.xml.uris import join_uri
from vxml import commands as c
from vxml.document import document as d
from vxml.grammar.grammar import KEYS

from .control_flow import (
    HANG_UP,
    DialogTarget,
    Done,
    InputResult,
    Key,
    RecordingResult,
    Returned,
    Steps,
    Suspension,
    Thrown,
)
from .fia import DialogRun, Visited, Visits
from .input_collection import ActiveGrammar, KeyedInput
from .properties import Properties
from .resources import FetchFailed
from .session_state import SessionState

LONGEST_RECORDING_S = 300.0
USUAL_SILENCE_S = 2.0
STREAM = "application/x-outring-stream+json"
"""The type of the object that joins the caller to a WebSocket."""


def _visit_block(run: DialogRun, visited: Visited) -> Steps:
    assert isinstance(visited.item, d.Block)
    variables = run.parts.state.scopes
    variables.set_item(visited.name, True)
    with variables.anonymous():
        yield from run.parts.execution.run(visited.item.actions, run.scene_of(visited))


def _visit_asking(run: DialogRun, visited: Visited) -> Steps:
    """Visit a field, an initial or a menu."""
    heard = yield from run.listen(visited)
    yield from run.process(heard, visited)


# -- object ------------------------------------------------------------------------


def _visit_object(run: DialogRun, visited: Visited) -> Steps:
    item = visited.item
    assert isinstance(item, d.Object)
    if (item.type or "").partition(";")[0].strip().lower() != STREAM:
        name = (item.classid or "")[:60]
        raise Thrown(
            "error.unsupported.objectname",
            f"there is no object {name} here: leave it out",
        )
    yield from _join_stream(run, visited, item)


def _join_stream(run: DialogRun, visited: Visited, item: d.Object) -> Steps:
    """Join the caller to the WebSocket at ``data``, until that is over."""
    state, scopes = run.parts.state, run.parts.state.scopes
    parameters = {
        param.name: param.value
        if param.expr is None
        else scopes.evaluate(param.expr.text)
        for param in item.params
    }
    yield from run.parts.collector.play()
    if state.is_hung_up:
        yield from run.parts.collector.end_after_hang_up()
    request = c.JoinStream(state.take_number(), item.data or "", parameters)
    state.ask(request)
    ended = yield from _await_stream(run, request.number)
    if isinstance(ended, FetchFailed):
        raise Thrown(ended.event, ended.reason)
    run.fill(visited, ended, {})
    yield from run.run_filled([visited])


def _await_stream(run: DialogRun, number: int) -> Steps:
    """Wait for the end of a stream, whose server hears the keys; return what it is."""
    while True:
        try:
            happened = yield Suspension(number, hears=True)
        except Thrown:
            run.parts.state.ask_if_there(c.EndStream(number))
            raise
        if isinstance(happened, Done):
            return happened.what


# -- record ------------------------------------------------------------------------


def _record(state: SessionState, item: d.RecordElement, timeout_s: float) -> Steps:
    """Record the caller, who has *timeout_s* to begin; return a RecordingResult.

    Raises Thrown if nothing can be recorded.
    """
    max_s = LONGEST_RECORDING_S if item.maxtime is None else item.maxtime
    request = c.Record(
        state.take_number(),
        item.beep,
        max_s=min(max_s, LONGEST_RECORDING_S),
        silence_s=USUAL_SILENCE_S if item.finalsilence is None else item.finalsilence,
        start_within_s=timeout_s,
        stops_on=KEYS if item.dtmfterm else "",
        type=item.type,
    )
    state.ask(request)
    keyed = ""
    while True:
        happened = yield Suspension(request.number, hears=True, is_patient=True)
        if isinstance(happened, Done):
            break
        keyed = happened.key if isinstance(happened, Key) else keyed
    result: RecordingResult | FetchFailed = happened.what
    if isinstance(result, FetchFailed):
        raise Thrown(result.event, result.reason)
    if result.key and not keyed:
        state.ignored_key = result.key  # ``Session.on_key`` is still to come for it
    return result


def _visit_record(run: DialogRun, visited: Visited) -> Steps:
    item = visited.item
    assert isinstance(item, d.RecordElement)
    state, properties = run.parts.state, run.scene_of(visited).setting.properties
    timeout_s = run.parts.queue.timeout_s
    yield from run.parts.collector.play(hears=True)
    state.type_ahead.clear()
    if state.is_hung_up:
        yield from run.parts.collector.end_after_hang_up()
    if timeout_s is None:
        timeout_s = properties.seconds("timeout")
    recorded = yield from _record(state, item, timeout_s)
    recording = recorded.recording
    if recording is None:  # the item stays unfilled (VoiceXML 2.0, 2.3.6)
        raise Thrown(HANG_UP if recorded.is_hung_up else "noinput")
    state.keep(recording)
    shadow = {
        "duration": round(recording.duration_s * 1000),
        "size": recording.size,
        "termchar": recorded.key,
        "maxtime": recorded.is_cut,
        **run.parts.collector.mark.to_json(state.now),
    }
    run.fill(visited, recording.uri, shadow)
    if recorded.is_hung_up:
        raise Thrown(HANG_UP)
    yield from run.run_filled([visited])


# -- transfer ----------------------------------------------------------------------


def _visit_transfer(run: DialogRun, visited: Visited) -> Steps:
    item = visited.item
    assert isinstance(item, d.TransferElement)
    state, scene = run.parts.state, run.scene_of(visited)
    kind = item.type or ("bridge" if item.bridge else "blind")
    dest = run.parts.execution.text_of(item.dest, item.destexpr) or ""
    aai = run.parts.execution.text_of(item.aai, item.aaiexpr)
    active = yield from run.parts.active_grammars.find_of_item(item, scene)
    yield from run.parts.collector.play()
    if state.is_hung_up:
        yield from run.parts.collector.end_after_hang_up()
    audio = item.transferaudio
    request = c.Transfer(
        state.take_number(),
        kind,
        dest,
        aai,
        connect_timeout_s=item.connecttimeout,
        max_s=item.maxtime,
        audio=join_uri(run.document.base, audio) if audio else None,
    )
    state.ask(request)
    properties = scene.setting.properties
    outcome, duration_s, heard = yield from _await_transfer(
        run, request.number, active if kind == "bridge" else [], properties
    )
    if outcome.startswith("error."):
        raise Thrown(outcome)
    if kind != "bridge" and not outcome:
        state.is_hung_up = True
        raise Thrown("connection.disconnect.transfer")
    shadow: dict[str, Any] = {"duration": duration_s, "inputmode": "dtmf"}
    shadow["utterance"] = heard.keyed if heard else None
    if heard is not None:
        run.show_result(heard)
    run.fill(visited, outcome or "unknown", shadow)
    yield from run.run_filled([visited])


def _await_transfer(
    run: DialogRun, number: int, active: list[ActiveGrammar], properties: Properties
) -> Steps:
    """Wait for the end of a transfer; return outcome, duration and the input that ended it."""
    state = run.parts.state
    keyed_input = KeyedInput(active, properties)
    heard: InputResult | None = None
    while True:
        until = state.now + keyed_input.delay_s if keyed_input.keys else None
        try:
            happened = yield Suspension(number, hears=True, until=until)
        except Thrown:
            state.ask_if_there(c.EndTransfer(number))
            raise
        if isinstance(happened, Done):
            outcome, duration_s = happened.what
            return outcome, duration_s, heard
        if not active or heard is not None:
            continue
        is_over = happened is None
        if isinstance(happened, Key):
            is_over = keyed_input.add_key(happened.key)
            # It was meant for the other party: begin with this key.
            if keyed_input.is_hopeless:
                keyed_input = KeyedInput(active, properties)
                is_over = keyed_input.add_key(happened.key)
        if is_over:
            try:
                heard = keyed_input.result(state.scopes)
            except Thrown:
                pass
            else:
                state.ask(c.EndTransfer(number))
            keyed_input = KeyedInput(active, properties)


# -- subdialog ---------------------------------------------------------------------


def _visit_subdialog(run: DialogRun, visited: Visited) -> Steps:
    item = visited.item
    assert isinstance(item, d.Subdialog)
    parts, scene = run.parts, run.scene_of(visited)
    execution = parts.execution
    uri = execution.text_of(item.src, item.srcexpr) or ""
    scopes = parts.state.scopes
    scopes.begin_copies()
    for param in item.params:
        if param.expr is None:
            scopes.copy_value(param.name, param.value)
        else:
            scopes.copy(param.name, param.expr.text)
    params = {param.name for param in item.params}
    if uri.startswith("#"):
        if run.document.find_dialog(uri[1:]) is None:
            raise Thrown(
                "error.badfetch",
                f"the document has no dialog {uri[1:61]}: give a <form> this id",
            )
        place = DialogTarget(uri[1:], document=run.document, root=run.root)
    else:
        written = urldefrag(join_uri(run.document.base, uri))
        place = yield from parts.documents.load_target(
            "#".join(filter(None, written)),
            item,
            scene.setting.properties,
            None,
            base=run.document.base,
            method=item.method,
            values=execution.values_of(item.namelist),
            enctype=item.enctype,
        )
    try:
        yield from run.call(place, params)
    except Returned as returned:
        if returned.thrown is not None:
            raise returned.thrown from None
        run.fill_with_copies(visited)
        yield from run.run_filled([visited])


VISITS: Visits = {
    d.Block: _visit_block,
    d.Field: _visit_asking,
    d.Initial: _visit_asking,
    d.Menu: _visit_asking,
    d.Object: _visit_object,
    d.RecordElement: _visit_record,
    d.TransferElement: _visit_transfer,
    d.Subdialog: _visit_subdialog,
}
