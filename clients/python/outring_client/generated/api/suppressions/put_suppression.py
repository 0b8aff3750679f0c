from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.mistakes import Mistakes
from ...models.problem import Problem
from ...models.suppression_body import SuppressionBody
from ...models.suppression_view import SuppressionView
from ...types import UNSET, Response, Unset


def _get_kwargs(
    list_: str,
    number: str,
    *,
    body: SuppressionBody | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/v1/suppressions/{list_}/{number}".format(
            list_=quote(str(list_), safe=""),
            number=quote(str(number), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Mistakes | Problem | SuppressionView | None:
    if response.status_code == 200:
        response_200 = SuppressionView.from_dict(response.json())

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
) -> Response[AnswerBody | Mistakes | Problem | SuppressionView]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    list_: str,
    number: str,
    *,
    client: AuthenticatedClient,
    body: SuppressionBody | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | Problem | SuppressionView]:
    """Put a number on a list

     Whatever is reserved after the answer obeys it. An API key may do so for lists that a campaign of
    its application names.

    Args:
        list_ (str):
        number (str):
        body (SuppressionBody | Unset): Why a number must not be called, and until when.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | Problem | SuppressionView]
    """

    kwargs = _get_kwargs(
        list_=list_,
        number=number,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    list_: str,
    number: str,
    *,
    client: AuthenticatedClient,
    body: SuppressionBody | Unset = UNSET,
) -> AnswerBody | Mistakes | Problem | SuppressionView | None:
    """Put a number on a list

     Whatever is reserved after the answer obeys it. An API key may do so for lists that a campaign of
    its application names.

    Args:
        list_ (str):
        number (str):
        body (SuppressionBody | Unset): Why a number must not be called, and until when.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | Problem | SuppressionView
    """

    return sync_detailed(
        list_=list_,
        number=number,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    list_: str,
    number: str,
    *,
    client: AuthenticatedClient,
    body: SuppressionBody | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | Problem | SuppressionView]:
    """Put a number on a list

     Whatever is reserved after the answer obeys it. An API key may do so for lists that a campaign of
    its application names.

    Args:
        list_ (str):
        number (str):
        body (SuppressionBody | Unset): Why a number must not be called, and until when.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | Problem | SuppressionView]
    """

    kwargs = _get_kwargs(
        list_=list_,
        number=number,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    list_: str,
    number: str,
    *,
    client: AuthenticatedClient,
    body: SuppressionBody | Unset = UNSET,
) -> AnswerBody | Mistakes | Problem | SuppressionView | None:
    """Put a number on a list

     Whatever is reserved after the answer obeys it. An API key may do so for lists that a campaign of
    its application names.

    Args:
        list_ (str):
        number (str):
        body (SuppressionBody | Unset): Why a number must not be called, and until when.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | Problem | SuppressionView
    """

    return (
        await asyncio_detailed(
            list_=list_,
            number=number,
            client=client,
            body=body,
        )
    ).parsed
