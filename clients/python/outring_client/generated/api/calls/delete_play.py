from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.order_taken import OrderTaken
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    application_uuid: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/api/v1/bvr/calls/{application_uuid}/play".format(
            application_uuid=quote(str(application_uuid), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | OrderTaken | Problem | None:
    if response.status_code == 202:
        response_202 = OrderTaken.from_dict(response.json())

        return response_202

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

    if response.status_code == 500:
        response_500 = AnswerBody.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | OrderTaken | Problem]:
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
) -> Response[AnswerBody | OrderTaken | Problem]:
    """Stop the sound that plays, and those that wait

     While the stream of a call of type `STREAM` runs. A sound that is being loaded is not stopped. The
    stream goes on where it was held back; nothing happens if no sound plays.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | OrderTaken | Problem]
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
) -> AnswerBody | OrderTaken | Problem | None:
    """Stop the sound that plays, and those that wait

     While the stream of a call of type `STREAM` runs. A sound that is being loaded is not stopped. The
    stream goes on where it was held back; nothing happens if no sound plays.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | OrderTaken | Problem
    """

    return sync_detailed(
        application_uuid=application_uuid,
        client=client,
    ).parsed


async def asyncio_detailed(
    application_uuid: str,
    *,
    client: AuthenticatedClient,
) -> Response[AnswerBody | OrderTaken | Problem]:
    """Stop the sound that plays, and those that wait

     While the stream of a call of type `STREAM` runs. A sound that is being loaded is not stopped. The
    stream goes on where it was held back; nothing happens if no sound plays.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | OrderTaken | Problem]
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
) -> AnswerBody | OrderTaken | Problem | None:
    """Stop the sound that plays, and those that wait

     While the stream of a call of type `STREAM` runs. A sound that is being loaded is not stopped. The
    stream goes on where it was held back; nothing happens if no sound plays.

    Args:
        application_uuid (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | OrderTaken | Problem
    """

    return (
        await asyncio_detailed(
            application_uuid=application_uuid,
            client=client,
        )
    ).parsed
