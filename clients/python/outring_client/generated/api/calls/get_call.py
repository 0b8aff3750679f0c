from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.problem import Problem
from ...models.record_view import RecordView
from ...types import Response


def _get_kwargs(
    application_uuid: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/bvr/calls/{application_uuid}".format(
            application_uuid=quote(str(application_uuid), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Problem | RecordView | None:
    if response.status_code == 200:
        response_200 = RecordView.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
) -> Response[AnswerBody | Problem | RecordView]:
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
) -> Response[AnswerBody | Problem | RecordView]:
    """Show a call or an application, live or ended

     All that is known of one call, application or refused request, as long as its record is kept; with
    the ladder of its SIP messages. It may be asked for while the call lasts.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Problem | RecordView]
    """

    kwargs = _get_kwargs(
        application_uuid=application_uuid,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
) -> AnswerBody | Problem | RecordView | None:
    """Show a call or an application, live or ended

     All that is known of one call, application or refused request, as long as its record is kept; with
    the ladder of its SIP messages. It may be asked for while the call lasts.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Problem | RecordView
    """

    return sync_detailed(
        application_uuid=application_uuid,
        client=client,
    ).parsed


async def asyncio_detailed(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
) -> Response[AnswerBody | Problem | RecordView]:
    """Show a call or an application, live or ended

     All that is known of one call, application or refused request, as long as its record is kept; with
    the ladder of its SIP messages. It may be asked for while the call lasts.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | Problem | RecordView]
    """

    kwargs = _get_kwargs(
        application_uuid=application_uuid,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
) -> AnswerBody | Problem | RecordView | None:
    """Show a call or an application, live or ended

     All that is known of one call, application or refused request, as long as its record is kept; with
    the ladder of its SIP messages. It may be asked for while the call lasts.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | Problem | RecordView
    """

    return (
        await asyncio_detailed(
            application_uuid=application_uuid,
            client=client,
        )
    ).parsed
