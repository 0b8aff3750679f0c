"""Which WebSocket a request's call is joined to, and who is let through to it. Pure."""

from dataclasses import replace as replaced

from msgspec.structs import replace

from engine.model.disposition import EndRequester
from engine.model.outbound_request import Action, OutboundRequest
from engine.model.result import RefusedError, Result
from engine.model.stream_request import StreamRequest
from engine.model.voicemail import ANYBODY, PEOPLE, VoicemailMessage, screening_of
from sip.call_progress import AnsweredBy

from .objects import Application, ApplicationType
from .stream_options import (
    StreamOptions,
    StreamStart,
    check_parameters,
    check_stream_url,
)


def with_stream(request: OutboundRequest, application: Application) -> OutboundRequest:
    """Return *request* with all that its *application* says of streams.

    Its ``stream`` is None exactly where its call is joined to no WebSocket. Raises
    RefusedError for a WebSocket that the application does not allow.
    """
    hinted = request.stream
    if application.type is not ApplicationType.STREAM or request.say is not None:
        if hinted is not None:
            raise _refuse("stream_url and stream_parameters need one of type STREAM")
        return request
    if request.action is not Action.MAKE_CALL:
        return request  # which is refused for its type
    options = application.stream_options
    stream = _choose(hinted or StreamRequest(""), application.uri, options)
    return _let_through(replace(request, stream=stream), options)


def _choose(
    hinted: StreamRequest, uri: str | None, options: StreamOptions
) -> StreamRequest:
    try:
        check_parameters(hinted.parameters)
        if hinted.url:
            check_stream_url(hinted.url)
    except ValueError as error:
        raise _refuse(str(error)) from None
    if hinted.url and not options.allows_url(hinted.url):
        raise _refuse("allowed_urls of its stream do not match the hint stream_url")
    if not (url := hinted.url or uri):
        raise _refuse("it has no uri: give the hint stream_url")
    return replaced(hinted, url=url)


def _let_through(request: OutboundRequest, options: StreamOptions) -> OutboundRequest:
    """Return *request* with the voicemail by which only those get the stream who may."""
    if options.start is StreamStart.ANSWER or request.voicemail is not None:
        return request
    sound = options.dropped_sound
    message = None if sound is None else VoicemailMessage(sound)
    try:
        voicemail, progress = screening_of(
            message, request.call_progress, passed=passed_by(options)
        )
    except ValueError as error:
        raise _refuse(str(error)) from None
    voicemail = replaced(voicemail, requester=EndRequester.APPLICATION)
    return replace(request, voicemail=voicemail, call_progress=progress)


def passed_by(options: StreamOptions) -> frozenset[AnsweredBy]:
    """Return who gets the stream once it is known who has answered."""
    if options.on_machine == "stream":
        return ANYBODY
    is_strict = options.start is StreamStart.HUMAN
    return frozenset((AnsweredBy.HUMAN,)) if is_strict else PEOPLE


def _refuse(why: str) -> RefusedError:
    return RefusedError(Result.INVALID_REQUEST, f"The application: {why}.")
