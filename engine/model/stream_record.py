"""StreamRecord: what the record of a call tells of its audio stream. Pure."""

import msgspec


class StreamRecord(msgspec.Struct, rename="camel", omit_defaults=True):
    """The WebSocket that a call was joined to: the last one, where there were several.

    Times are seconds since 1970. A frame is 20 ms of sound.
    """

    host: str  # of the URL
    connected_at: float | None = None  # when the WebSocket was open first
    first_audio_at: float | None = None  # when the first sound of the server came
    frames_to_server: int = 0
    frames_from_server: int = 0
    frames_dropped: int = 0  # of the far end, which the server was too slow for
    frames_late: int = 0  # of silence within what the server says
    clears: int = 0
    marks: int = 0
    reconnects: int = 0
    invalid_messages: int = 0
    max_buffered_ms: int = 0  # the most sound that has waited to be played
    max_clear_ms: int = 0  # from the receipt of a clear until silence was sent
    ended_by: str | None = None  # a StreamEnd; None: it has not ended
    reason: str | None = None  # one sentence, where ended_by does not say all
