from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.call_recording_status import CallRecordingStatus
from ...models.problem import Problem
from ...models.recording_order_body import RecordingOrderBody
from ...types import Response


def _get_kwargs(
    application_uuid: str,
    *,
    body: RecordingOrderBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/v1/bvr/calls/{application_uuid}/recording".format(
            application_uuid=quote(str(application_uuid), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | CallRecordingStatus | Problem | None:
    if response.status_code == 200:
        response_200 = CallRecordingStatus.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 403:
        response_403 = AnswerBody.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = AnswerBody.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = AnswerBody.from_dict(response.json())

        return response_409

    if response.status_code == 500:
        response_500 = AnswerBody.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | CallRecordingStatus | Problem]:
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
    body: RecordingOrderBody,
) -> Response[AnswerBody | CallRecordingStatus | Problem]:
    """Start, pause, resume or stop the recording of a call

     Both sides of the call, each as a channel, if the `record` of its application is not `never`. What
    is so already is left so, and answered alike. While it is paused, silence is recorded. After
    `stopped` another recording may begin.

    Args:
        application_uuid (str):
        body (RecordingOrderBody): How the recording of a call shall be; nothing happens if it is
            so.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | CallRecordingStatus | Problem]
    """

    kwargs = _get_kwargs(
        application_uuid=application_uuid,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    body: RecordingOrderBody,
) -> AnswerBody | CallRecordingStatus | Problem | None:
    """Start, pause, resume or stop the recording of a call

     Both sides of the call, each as a channel, if the `record` of its application is not `never`. What
    is so already is left so, and answered alike. While it is paused, silence is recorded. After
    `stopped` another recording may begin.

    Args:
        application_uuid (str):
        body (RecordingOrderBody): How the recording of a call shall be; nothing happens if it is
            so.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | CallRecordingStatus | Problem
    """

    return sync_detailed(
        application_uuid=application_uuid,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    body: RecordingOrderBody,
) -> Response[AnswerBody | CallRecordingStatus | Problem]:
    """Start, pause, resume or stop the recording of a call

     Both sides of the call, each as a channel, if the `record` of its application is not `never`. What
    is so already is left so, and answered alike. While it is paused, silence is recorded. After
    `stopped` another recording may begin.

    Args:
        application_uuid (str):
        body (RecordingOrderBody): How the recording of a call shall be; nothing happens if it is
            so.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | CallRecordingStatus | Problem]
    """

    kwargs = _get_kwargs(
        application_uuid=application_uuid,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
    body: RecordingOrderBody,
) -> AnswerBody | CallRecordingStatus | Problem | None:
    """Start, pause, resume or stop the recording of a call

     Both sides of the call, each as a channel, if the `record` of its application is not `never`. What
    is so already is left so, and answered alike. While it is paused, silence is recorded. After
    `stopped` another recording may begin.

    Args:
        application_uuid (str):
        body (RecordingOrderBody): How the recording of a call shall be; nothing happens if it is
            so.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | CallRecordingStatus | Problem
    """

    return (
        await asyncio_detailed(
            application_uuid=application_uuid,
            client=client,
            body=body,
        )
    ).parsed
