from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.post_event_data_body import PostEventDataBody
from ...models.send_body import SendBody
from ...models.taken import Taken
from ...types import UNSET, Response


def _get_kwargs(
    *,
    body: SendBody | PostEventDataBody | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/bvr/ccxml/basichttp",
    }

    if isinstance(body, SendBody):
        _kwargs["json"] = body.to_dict()

        headers["Content-Type"] = "application/json"
    if isinstance(body, PostEventDataBody):
        _kwargs["data"] = body.to_dict()
        headers["Content-Type"] = "application/x-www-form-urlencoded"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Taken | None:
    if response.status_code == 200:
        response_200 = Taken.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 408:
        response_408 = AnswerBody.from_dict(response.json())

        return response_408

    if response.status_code == 500:
        response_500 = AnswerBody.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = AnswerBody.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | Taken]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SendBody | PostEventDataBody | Unset = UNSET,
) -> Response[AnswerBody | Taken]:
    """Send an event into a session

     Tells a document that runs of an event. The session's id is the only credential; the members of
    `parameters` are those of `event$`.

    Args:
        body (SendBody): An event for a session. Other members are ignored.
        body (PostEventDataBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Taken]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: SendBody | PostEventDataBody | Unset = UNSET,
) -> AnswerBody | Taken | None:
    """Send an event into a session

     Tells a document that runs of an event. The session's id is the only credential; the members of
    `parameters` are those of `event$`.

    Args:
        body (SendBody): An event for a session. Other members are ignored.
        body (PostEventDataBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Taken
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SendBody | PostEventDataBody | Unset = UNSET,
) -> Response[AnswerBody | Taken]:
    """Send an event into a session

     Tells a document that runs of an event. The session's id is the only credential; the members of
    `parameters` are those of `event$`.

    Args:
        body (SendBody): An event for a session. Other members are ignored.
        body (PostEventDataBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Taken]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: SendBody | PostEventDataBody | Unset = UNSET,
) -> AnswerBody | Taken | None:
    """Send an event into a session

     Tells a document that runs of an event. The session's id is the only credential; the members of
    `parameters` are those of `event$`.

    Args:
        body (SendBody): An event for a session. Other members are ignored.
        body (PostEventDataBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Taken
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
