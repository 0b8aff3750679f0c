from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.event_list import EventList
from ...models.get_events_type_item import GetEventsTypeItem
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    type_: list[GetEventsTypeItem] | Unset = UNSET,
    since: str | Unset = UNSET,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["Last-Event-ID"] = last_event_id

    params: dict[str, Any] = {}

    params["application"] = application

    params["account"] = account

    json_type_: list[str] | Unset = UNSET
    if not isinstance(type_, Unset):
        json_type_ = []
        for type_item_data in type_:
            type_item: str = type_item_data
            json_type_.append(type_item)

    params["type"] = json_type_

    params["since"] = since

    params["after"] = after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/events",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | EventList | Problem | None:
    if response.status_code == 200:
        response_200 = EventList.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 500:
        response_500 = AnswerBody.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | EventList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    type_: list[GetEventsTypeItem] | Unset = UNSET,
    since: str | Unset = UNSET,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> Response[AnswerBody | EventList | Problem]:
    """List or stream the events of an application, or of all for the admin

     Of the application of the key, or of all with the admin token. A stream begins now, a list with the
    oldest, unless `since`, `after` or `Last-Event-ID` says where; it goes on until the client closes
    it.

    Args:
        application (str | Unset):
        account (str | Unset):
        type_ (list[GetEventsTypeItem] | Unset):
        since (str | Unset):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | EventList | Problem]
    """

    kwargs = _get_kwargs(
        application=application,
        account=account,
        type_=type_,
        since=since,
        after=after,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    type_: list[GetEventsTypeItem] | Unset = UNSET,
    since: str | Unset = UNSET,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> AnswerBody | EventList | Problem | None:
    """List or stream the events of an application, or of all for the admin

     Of the application of the key, or of all with the admin token. A stream begins now, a list with the
    oldest, unless `since`, `after` or `Last-Event-ID` says where; it goes on until the client closes
    it.

    Args:
        application (str | Unset):
        account (str | Unset):
        type_ (list[GetEventsTypeItem] | Unset):
        since (str | Unset):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | EventList | Problem
    """

    return sync_detailed(
        client=client,
        application=application,
        account=account,
        type_=type_,
        since=since,
        after=after,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    type_: list[GetEventsTypeItem] | Unset = UNSET,
    since: str | Unset = UNSET,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> Response[AnswerBody | EventList | Problem]:
    """List or stream the events of an application, or of all for the admin

     Of the application of the key, or of all with the admin token. A stream begins now, a list with the
    oldest, unless `since`, `after` or `Last-Event-ID` says where; it goes on until the client closes
    it.

    Args:
        application (str | Unset):
        account (str | Unset):
        type_ (list[GetEventsTypeItem] | Unset):
        since (str | Unset):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | EventList | Problem]
    """

    kwargs = _get_kwargs(
        application=application,
        account=account,
        type_=type_,
        since=since,
        after=after,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    type_: list[GetEventsTypeItem] | Unset = UNSET,
    since: str | Unset = UNSET,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> AnswerBody | EventList | Problem | None:
    """List or stream the events of an application, or of all for the admin

     Of the application of the key, or of all with the admin token. A stream begins now, a list with the
    oldest, unless `since`, `after` or `Last-Event-ID` says where; it goes on until the client closes
    it.

    Args:
        application (str | Unset):
        account (str | Unset):
        type_ (list[GetEventsTypeItem] | Unset):
        since (str | Unset):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | EventList | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            application=application,
            account=account,
            type_=type_,
            since=since,
            after=after,
            last_event_id=last_event_id,
        )
    ).parsed
