from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.campaign_view import CampaignView
from ...models.cancel_body import CancelBody
from ...models.mistakes import Mistakes
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    body: CancelBody | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/campaigns/{name}/cancel".format(
            name=quote(str(name), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Mistakes | CampaignView | Problem | None:
    if response.status_code == 200:
        response_200 = CampaignView.from_dict(response.json())

        return response_200

    if response.status_code == 400:

        def _parse_response_400(data: object) -> AnswerBody | Mistakes:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_400_type_0 = Mistakes.from_dict(data)

                return response_400_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_400_type_1 = AnswerBody.from_dict(data)

            return response_400_type_1

        response_400 = _parse_response_400(response.json())

        return response_400

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = AnswerBody.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

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
) -> Response[AnswerBody | Mistakes | CampaignView | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: CancelBody | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | CampaignView | Problem]:
    """End a campaign for good

     Contacts that wait are done as `cancelled`. Calls that live go on, or are hung up.

    Args:
        name (str):
        body (CancelBody | Unset): Why a campaign is cancelled, and what becomes of its calls.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | CampaignView | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: CancelBody | Unset = UNSET,
) -> AnswerBody | Mistakes | CampaignView | Problem | None:
    """End a campaign for good

     Contacts that wait are done as `cancelled`. Calls that live go on, or are hung up.

    Args:
        name (str):
        body (CancelBody | Unset): Why a campaign is cancelled, and what becomes of its calls.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | CampaignView | Problem
    """

    return sync_detailed(
        name=name,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: CancelBody | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | CampaignView | Problem]:
    """End a campaign for good

     Contacts that wait are done as `cancelled`. Calls that live go on, or are hung up.

    Args:
        name (str):
        body (CancelBody | Unset): Why a campaign is cancelled, and what becomes of its calls.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | CampaignView | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    body: CancelBody | Unset = UNSET,
) -> AnswerBody | Mistakes | CampaignView | Problem | None:
    """End a campaign for good

     Contacts that wait are done as `cancelled`. Calls that live go on, or are hung up.

    Args:
        name (str):
        body (CancelBody | Unset): Why a campaign is cancelled, and what becomes of its calls.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | CampaignView | Problem
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            body=body,
        )
    ).parsed
