"""Bodies of requests: read as a whole, decoded, and refused if they are too large."""

import zlib

from aiohttp import web

from engine.model.result import RefusedError, Result

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's codes of the formats
_RAW_DEFLATE = -15
_CODINGS = "gzip and deflate"
_METHOD_BITS, _DEFLATE = 0x0F, 8  # of the first byte of zlib's format (RFC 1950 §2.2)


class BodyTimeoutError(TimeoutError):
    """The client has not sent the whole body in time."""


async def body_of(request: web.Request) -> bytes:
    """Read the body of *request*, and undo its Content-Encoding (RFC 9110 §8.4).

    Raises RefusedError if it has more than ``request.client_max_size`` bytes before or
    after decoding, if it is not in the form that the head says, or if it takes too long.
    """
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        return await _read(request)
    if coding not in _WINDOW_BITS:
        text = f"The Content-Encoding is none of {_CODINGS}."
        raise RefusedError(Result.INVALID_REQUEST, text)
    encoded = await _read(request)
    try:
        body = decode(encoded, coding, request.client_max_size)
    except ValueError as error:
        text = f"The body is not what its Content-Encoding says: {error}."
        raise RefusedError(Result.INVALID_REQUEST, text) from error
    if len(body) > request.client_max_size:
        raise _too_large(request)
    return body


async def _read(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(request) from None
    except BodyTimeoutError:
        text = "The body of the request took too long to come."
        raise RefusedError(Result.REQUEST_TIMEOUT, text) from None
    except web.RequestPayloadError:
        text = "The body is not in the form that the head of the request says."
        raise RefusedError(Result.INVALID_REQUEST, text) from None


def _too_large(request: web.Request) -> RefusedError:
    text = f"The body has more than {request.client_max_size} bytes."
    return RefusedError(Result.INVALID_REQUEST, text)


def decode(body: bytes, coding: str, limit: int) -> bytes:
    """Decode *body*, a key of ``_WINDOW_BITS`` being its *coding*.

    Decodes *limit* + 1 bytes at most, which tells the caller that there are more, so that
    a small body that would become huge is never decoded. Raises ValueError.
    """
    parts: list[bytes] = []
    room = limit + 1
    while body and room:
        inflate = zlib.decompressobj(_window_bits(body, coding))
        try:
            part = inflate.decompress(body, room)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        parts.append(part)
        room -= len(part)
        if room and not inflate.eof:
            raise ValueError("its end is missing")
        body = inflate.unused_data  # gzip may have several members (RFC 1952 §2.2)
        if body and coding == "deflate":
            raise ValueError("something follows its end")
    return b"".join(parts)


def _window_bits(body: bytes, coding: str) -> int:
    """zlib's code of the format of *body*.

    Some clients send deflate without the zlib head that RFC 9110 §8.4.1.2 asks for.
    """
    if coding == "deflate" and body[0] & _METHOD_BITS != _DEFLATE:
        return _RAW_DEFLATE
    return _WINDOW_BITS[coding]
