from http import HTTPStatus
from io import BytesIO
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.problem import Problem
from ...types import File, Response


def _get_kwargs(
    id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/bvr/recordings/{id}/audio".format(
            id=quote(str(id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Any | File | Problem | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 206:
        response_206 = File(payload=BytesIO(response.content))

        return response_206

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = AnswerBody.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = AnswerBody.from_dict(response.json())

        return response_409

    if response.status_code == 410:
        response_410 = AnswerBody.from_dict(response.json())

        return response_410

    if response.status_code == 416:
        response_416 = cast(Any, None)
        return response_416

    if response.status_code == 500:
        response_500 = AnswerBody.from_dict(response.json())

        return response_500

    if response.status_code == 502:
        response_502 = AnswerBody.from_dict(response.json())

        return response_502

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | Any | File | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
) -> Response[AnswerBody | Any | File | Problem]:
    """Hear a recording, or a part of it

     WAV, PCM of 16 bits, 8 kHz; of a whole call stereo, left what the far end said, right what it was
    sent. Ranges are given (RFC 9110 §14). What was uploaded comes from any process; a file, from its
    node.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Any | File | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
) -> AnswerBody | Any | File | Problem | None:
    """Hear a recording, or a part of it

     WAV, PCM of 16 bits, 8 kHz; of a whole call stereo, left what the far end said, right what it was
    sent. Ranges are given (RFC 9110 §14). What was uploaded comes from any process; a file, from its
    node.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Any | File | Problem
    """

    return sync_detailed(
        id=id,
        client=client,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
) -> Response[AnswerBody | Any | File | Problem]:
    """Hear a recording, or a part of it

     WAV, PCM of 16 bits, 8 kHz; of a whole call stereo, left what the far end said, right what it was
    sent. Ranges are given (RFC 9110 §14). What was uploaded comes from any process; a file, from its
    node.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Any | File | Problem]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
) -> AnswerBody | Any | File | Problem | None:
    """Hear a recording, or a part of it

     WAV, PCM of 16 bits, 8 kHz; of a whole call stereo, left what the far end said, right what it was
    sent. Ranges are given (RFC 9110 §14). What was uploaded comes from any process; a file, from its
    node.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Any | File | Problem
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
        )
    ).parsed
