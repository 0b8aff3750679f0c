from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.get_recordings_state import (
    GetRecordingsState,
)
from ...models.recording_list import RecordingList
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    call: str | Unset = UNSET,
    application_uuid: str | Unset = UNSET,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    node: str | Unset = UNSET,
    state: GetRecordingsState | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    before: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["call"] = call

    params["applicationUUID"] = application_uuid

    params["application"] = application

    params["account"] = account

    params["node"] = node

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state

    params["state"] = json_state

    params["since"] = since

    params["until"] = until

    params["limit"] = limit

    params["before"] = before

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/bvr/recordings",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | RecordingList | None:
    if response.status_code == 200:
        response_200 = RecordingList.from_dict(response.json())

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

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | RecordingList]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    call: str | Unset = UNSET,
    application_uuid: str | Unset = UNSET,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    node: str | Unset = UNSET,
    state: GetRecordingsState | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    before: str | Unset = UNSET,
) -> Response[AnswerBody | RecordingList]:
    """List recordings, the newest first

     Of the application of the key, or of all with the admin token. One page at a time: `before` is the
    `id` of the last one that was seen. Filters are combined by and.

    Args:
        call (str | Unset):
        application_uuid (str | Unset):
        application (str | Unset):
        account (str | Unset):
        node (str | Unset):
        state (GetRecordingsState | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        before (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | RecordingList]
    """

    kwargs = _get_kwargs(
        call=call,
        application_uuid=application_uuid,
        application=application,
        account=account,
        node=node,
        state=state,
        since=since,
        until=until,
        limit=limit,
        before=before,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    call: str | Unset = UNSET,
    application_uuid: str | Unset = UNSET,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    node: str | Unset = UNSET,
    state: GetRecordingsState | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    before: str | Unset = UNSET,
) -> AnswerBody | RecordingList | None:
    """List recordings, the newest first

     Of the application of the key, or of all with the admin token. One page at a time: `before` is the
    `id` of the last one that was seen. Filters are combined by and.

    Args:
        call (str | Unset):
        application_uuid (str | Unset):
        application (str | Unset):
        account (str | Unset):
        node (str | Unset):
        state (GetRecordingsState | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        before (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | RecordingList
    """

    return sync_detailed(
        client=client,
        call=call,
        application_uuid=application_uuid,
        application=application,
        account=account,
        node=node,
        state=state,
        since=since,
        until=until,
        limit=limit,
        before=before,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    call: str | Unset = UNSET,
    application_uuid: str | Unset = UNSET,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    node: str | Unset = UNSET,
    state: GetRecordingsState | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    before: str | Unset = UNSET,
) -> Response[AnswerBody | RecordingList]:
    """List recordings, the newest first

     Of the application of the key, or of all with the admin token. One page at a time: `before` is the
    `id` of the last one that was seen. Filters are combined by and.

    Args:
        call (str | Unset):
        application_uuid (str | Unset):
        application (str | Unset):
        account (str | Unset):
        node (str | Unset):
        state (GetRecordingsState | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        before (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | RecordingList]
    """

    kwargs = _get_kwargs(
        call=call,
        application_uuid=application_uuid,
        application=application,
        account=account,
        node=node,
        state=state,
        since=since,
        until=until,
        limit=limit,
        before=before,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    call: str | Unset = UNSET,
    application_uuid: str | Unset = UNSET,
    application: str | Unset = UNSET,
    account: str | Unset = UNSET,
    node: str | Unset = UNSET,
    state: GetRecordingsState | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    before: str | Unset = UNSET,
) -> AnswerBody | RecordingList | None:
    """List recordings, the newest first

     Of the application of the key, or of all with the admin token. One page at a time: `before` is the
    `id` of the last one that was seen. Filters are combined by and.

    Args:
        call (str | Unset):
        application_uuid (str | Unset):
        application (str | Unset):
        account (str | Unset):
        node (str | Unset):
        state (GetRecordingsState | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        before (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | RecordingList
    """

    return (
        await asyncio_detailed(
            client=client,
            call=call,
            application_uuid=application_uuid,
            application=application,
            account=account,
            node=node,
            state=state,
            since=since,
            until=until,
            limit=limit,
            before=before,
        )
    ).parsed
