from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.mistakes import Mistakes
from ...models.problem import Problem
from ...models.suppression_check import SuppressionCheck
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    number: str,
    list_: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["number"] = number

    params["list"] = list_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/suppressions/check",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Mistakes | Problem | SuppressionCheck | None:
    if response.status_code == 200:
        response_200 = SuppressionCheck.from_dict(response.json())

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
) -> Response[AnswerBody | Mistakes | Problem | SuppressionCheck]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    number: str,
    list_: str | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | Problem | SuppressionCheck]:
    """Ask which lists a number stands on

     `suppressed` is false where all entries have run out.

    Args:
        number (str):
        list_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | Problem | SuppressionCheck]
    """

    kwargs = _get_kwargs(
        number=number,
        list_=list_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    number: str,
    list_: str | Unset = UNSET,
) -> AnswerBody | Mistakes | Problem | SuppressionCheck | None:
    """Ask which lists a number stands on

     `suppressed` is false where all entries have run out.

    Args:
        number (str):
        list_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | Problem | SuppressionCheck
    """

    return sync_detailed(
        client=client,
        number=number,
        list_=list_,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    number: str,
    list_: str | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | Problem | SuppressionCheck]:
    """Ask which lists a number stands on

     `suppressed` is false where all entries have run out.

    Args:
        number (str):
        list_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | Problem | SuppressionCheck]
    """

    kwargs = _get_kwargs(
        number=number,
        list_=list_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    number: str,
    list_: str | Unset = UNSET,
) -> AnswerBody | Mistakes | Problem | SuppressionCheck | None:
    """Ask which lists a number stands on

     `suppressed` is false where all entries have run out.

    Args:
        number (str):
        list_ (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | Problem | SuppressionCheck
    """

    return (
        await asyncio_detailed(
            client=client,
            number=number,
            list_=list_,
        )
    ).parsed
