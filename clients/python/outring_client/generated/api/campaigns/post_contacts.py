from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.import_result import ImportResult
from ...models.import_stopped import ImportStopped
from ...models.mistakes import Mistakes
from ...models.post_contacts_format import (
    PostContactsFormat,
)
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    name: str,
    *,
    body: File,
    from_line: int | Unset = 1,
    format_: PostContactsFormat | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["from_line"] = from_line

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_

    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/campaigns/{name}/contacts".format(
            name=quote(str(name), safe=""),
        ),
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/x-ndjson"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Mistakes | ImportResult | ImportStopped | Problem | None:
    if response.status_code == 200:
        response_200 = ImportResult.from_dict(response.json())

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
        response_503 = ImportStopped.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody | Mistakes | ImportResult | ImportStopped | Problem]:
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
    body: File,
    from_line: int | Unset = 1,
    format_: PostContactsFormat | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | ImportResult | ImportStopped | Problem]:
    """Import contacts, as lines of NDJSON or CSV

     However many, read as a stream: 1,000 lines are stored together, wrong ones are refused by
    themselves. The same key again changes a contact that was not called yet. An import that broke off
    is sent again, from `next_line` if that is known.

    Args:
        name (str):
        from_line (int | Unset):  Default: 1.
        format_ (PostContactsFormat | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | ImportResult | ImportStopped | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        from_line=from_line,
        format_=format_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: File,
    from_line: int | Unset = 1,
    format_: PostContactsFormat | Unset = UNSET,
) -> AnswerBody | Mistakes | ImportResult | ImportStopped | Problem | None:
    """Import contacts, as lines of NDJSON or CSV

     However many, read as a stream: 1,000 lines are stored together, wrong ones are refused by
    themselves. The same key again changes a contact that was not called yet. An import that broke off
    is sent again, from `next_line` if that is known.

    Args:
        name (str):
        from_line (int | Unset):  Default: 1.
        format_ (PostContactsFormat | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | ImportResult | ImportStopped | Problem
    """

    return sync_detailed(
        name=name,
        client=client,
        body=body,
        from_line=from_line,
        format_=format_,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: File,
    from_line: int | Unset = 1,
    format_: PostContactsFormat | Unset = UNSET,
) -> Response[AnswerBody | Mistakes | ImportResult | ImportStopped | Problem]:
    """Import contacts, as lines of NDJSON or CSV

     However many, read as a stream: 1,000 lines are stored together, wrong ones are refused by
    themselves. The same key again changes a contact that was not called yet. An import that broke off
    is sent again, from `next_line` if that is known.

    Args:
        name (str):
        from_line (int | Unset):  Default: 1.
        format_ (PostContactsFormat | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | ImportResult | ImportStopped | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        from_line=from_line,
        format_=format_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    body: File,
    from_line: int | Unset = 1,
    format_: PostContactsFormat | Unset = UNSET,
) -> AnswerBody | Mistakes | ImportResult | ImportStopped | Problem | None:
    """Import contacts, as lines of NDJSON or CSV

     However many, read as a stream: 1,000 lines are stored together, wrong ones are refused by
    themselves. The same key again changes a contact that was not called yet. An import that broke off
    is sent again, from `next_line` if that is known.

    Args:
        name (str):
        from_line (int | Unset):  Default: 1.
        format_ (PostContactsFormat | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | ImportResult | ImportStopped | Problem
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            body=body,
            from_line=from_line,
            format_=format_,
        )
    ).parsed
