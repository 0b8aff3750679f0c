from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.event_list import EventList
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    application_uuid: str,
    *,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["Last-Event-ID"] = last_event_id

    params: dict[str, Any] = {}

    params["after"] = after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/bvr/calls/{application_uuid}/events".format(
            application_uuid=quote(str(application_uuid), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Any | EventList | Problem | None:
    if response.status_code == 200:
        response_200 = EventList.from_dict(response.json())

        return response_200

    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
) -> Response[AnswerBody | Any | EventList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> Response[AnswerBody | Any | EventList | Problem]:
    """List or stream what has become of a call, event by event

     With `Accept: text/event-stream` they come as they happen, until all calls and applications of the
    request have ended. `seq` has no holes and does not turn back; there is one `call.ended` for each
    call, once its record is stored.

    Args:
        application_uuid (str):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Any | EventList | Problem]
    """

    kwargs = _get_kwargs(
        application_uuid=application_uuid,
        after=after,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> AnswerBody | Any | EventList | Problem | None:
    """List or stream what has become of a call, event by event

     With `Accept: text/event-stream` they come as they happen, until all calls and applications of the
    request have ended. `seq` has no holes and does not turn back; there is one `call.ended` for each
    call, once its record is stored.

    Args:
        application_uuid (str):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Any | EventList | Problem
    """

    return sync_detailed(
        application_uuid=application_uuid,
        client=client,
        after=after,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> Response[AnswerBody | Any | EventList | Problem]:
    """List or stream what has become of a call, event by event

     With `Accept: text/event-stream` they come as they happen, until all calls and applications of the
    request have ended. `seq` has no holes and does not turn back; there is one `call.ended` for each
    call, once its record is stored.

    Args:
        application_uuid (str):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Any | EventList | Problem]
    """

    kwargs = _get_kwargs(
        application_uuid=application_uuid,
        after=after,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    after: int | Unset = UNSET,
    last_event_id: str | Unset = UNSET,
) -> AnswerBody | Any | EventList | Problem | None:
    """List or stream what has become of a call, event by event

     With `Accept: text/event-stream` they come as they happen, until all calls and applications of the
    request have ended. `seq` has no holes and does not turn back; there is one `call.ended` for each
    call, once its record is stored.

    Args:
        application_uuid (str):
        after (int | Unset):
        last_event_id (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Any | EventList | Problem
    """

    return (
        await asyncio_detailed(
            application_uuid=application_uuid,
            client=client,
            after=after,
            last_event_id=last_event_id,
        )
    ).parsed
