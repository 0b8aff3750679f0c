"""Bodies of requests: read whole, decoded, and small; whatever is wrong with one is refused."""

import zlib

from aiohttp import web

from engine.model.result import RefusedError, Result

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # as zlib has them
_RAW_DEFLATE = -15
_CODINGS = "gzip and deflate"
_METHOD_BITS, _DEFLATE = 0x0F, 8  # of the first byte of zlib's format (RFC 1950 §2.2)


class BodyTimeoutError(TimeoutError):
    """The client has not sent the whole body in time."""


async def body_of(request: web.Request) -> bytes:
    """The body of *request*, at most ``request.client_max_size`` bytes of it.

    Raises RefusedError if it is larger, also once it is decoded (RFC 9110 §8.4), if it is
    not in the form that the head says, or if it took too long to come.
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
    """*body* without its *coding*: all of it, or what goes beyond *limit* by one byte.

    So what is small and becomes huge is never made. Raises ValueError.
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
    """Those of *coding*; some clients mean by deflate what has no head of zlib's."""
    if coding == "deflate" and body[0] & _METHOD_BITS != _DEFLATE:
        return _RAW_DEFLATE
    return _WINDOW_BITS[coding]
