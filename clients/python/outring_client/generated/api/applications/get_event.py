from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.get_event_others import GetEventOthers
from ...models.taken import Taken
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    session_id: str,
    name: str,
    event_source: str | Unset = UNSET,
    others: GetEventOthers | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["sessionId"] = session_id

    params["name"] = name

    params["eventSource"] = event_source

    json_others: dict[str, Any] | Unset = UNSET
    if not isinstance(others, Unset):
        json_others = others.to_dict()
    if not isinstance(json_others, Unset):
        params.update(json_others)

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/bvr/ccxml/basichttp",
        "params": params,
    }

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
    session_id: str,
    name: str,
    event_source: str | Unset = UNSET,
    others: GetEventOthers | Unset = UNSET,
) -> Response[AnswerBody | Taken]:
    """Send an event into a session by query

     The same as by POST. Every parameter of another name is a member of the event.

    Args:
        session_id (str):
        name (str):
        event_source (str | Unset):
        others (GetEventOthers | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Taken]
    """

    kwargs = _get_kwargs(
        session_id=session_id,
        name=name,
        event_source=event_source,
        others=others,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    session_id: str,
    name: str,
    event_source: str | Unset = UNSET,
    others: GetEventOthers | Unset = UNSET,
) -> AnswerBody | Taken | None:
    """Send an event into a session by query

     The same as by POST. Every parameter of another name is a member of the event.

    Args:
        session_id (str):
        name (str):
        event_source (str | Unset):
        others (GetEventOthers | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Taken
    """

    return sync_detailed(
        client=client,
        session_id=session_id,
        name=name,
        event_source=event_source,
        others=others,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    session_id: str,
    name: str,
    event_source: str | Unset = UNSET,
    others: GetEventOthers | Unset = UNSET,
) -> Response[AnswerBody | Taken]:
    """Send an event into a session by query

     The same as by POST. Every parameter of another name is a member of the event.

    Args:
        session_id (str):
        name (str):
        event_source (str | Unset):
        others (GetEventOthers | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Taken]
    """

    kwargs = _get_kwargs(
        session_id=session_id,
        name=name,
        event_source=event_source,
        others=others,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    session_id: str,
    name: str,
    event_source: str | Unset = UNSET,
    others: GetEventOthers | Unset = UNSET,
) -> AnswerBody | Taken | None:
    """Send an event into a session by query

     The same as by POST. Every parameter of another name is a member of the event.

    Args:
        session_id (str):
        name (str):
        event_source (str | Unset):
        others (GetEventOthers | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Taken
    """

    return (
        await asyncio_detailed(
            client=client,
            session_id=session_id,
            name=name,
            event_source=event_source,
            others=others,
        )
    ).parsed
