from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.request_body import RequestBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: RequestBody,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

    if not isinstance(traceparent, Unset):
        headers["traceparent"] = traceparent

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/bvr/outbound",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | None:
    if response.status_code == 200:
        response_200 = AnswerBody.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = AnswerBody.from_dict(response.json())

        return response_202

    if response.status_code == 400:
        response_400 = AnswerBody.from_dict(response.json())

        return response_400

    if response.status_code == 403:
        response_403 = AnswerBody.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = AnswerBody.from_dict(response.json())

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

    if response.status_code == 503:
        response_503 = AnswerBody.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AnswerBody]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: RequestBody,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> Response[AnswerBody]:
    """Place a call, or start an application

     Places a call (`makeCall`) or starts the application's document, which places calls itself
    (`startApplication`). The answer comes once the outcome is known, or after `timeout` milliseconds.
    Decide by `result`. After `Request timeout` the call may still be alive: look it up, and do not dial
    again. With an `Idempotency-Key` a repeated request gets the first answer and dials nobody. With
    `Prefer: respond-async`, or `"async": true`, the answer comes as soon as the request is admitted,
    and has links to the look-up and to the events.

    Args:
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):
        body (RequestBody): A request for a call, or for an application to start. Other members
            are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
        prefer=prefer,
        traceparent=traceparent,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: RequestBody,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> AnswerBody | None:
    """Place a call, or start an application

     Places a call (`makeCall`) or starts the application's document, which places calls itself
    (`startApplication`). The answer comes once the outcome is known, or after `timeout` milliseconds.
    Decide by `result`. After `Request timeout` the call may still be alive: look it up, and do not dial
    again. With an `Idempotency-Key` a repeated request gets the first answer and dials nobody. With
    `Prefer: respond-async`, or `"async": true`, the answer comes as soon as the request is admitted,
    and has links to the look-up and to the events.

    Args:
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):
        body (RequestBody): A request for a call, or for an application to start. Other members
            are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
        prefer=prefer,
        traceparent=traceparent,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: RequestBody,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> Response[AnswerBody]:
    """Place a call, or start an application

     Places a call (`makeCall`) or starts the application's document, which places calls itself
    (`startApplication`). The answer comes once the outcome is known, or after `timeout` milliseconds.
    Decide by `result`. After `Request timeout` the call may still be alive: look it up, and do not dial
    again. With an `Idempotency-Key` a repeated request gets the first answer and dials nobody. With
    `Prefer: respond-async`, or `"async": true`, the answer comes as soon as the request is admitted,
    and has links to the look-up and to the events.

    Args:
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):
        body (RequestBody): A request for a call, or for an application to start. Other members
            are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
        prefer=prefer,
        traceparent=traceparent,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: RequestBody,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> AnswerBody | None:
    """Place a call, or start an application

     Places a call (`makeCall`) or starts the application's document, which places calls itself
    (`startApplication`). The answer comes once the outcome is known, or after `timeout` milliseconds.
    Decide by `result`. After `Request timeout` the call may still be alive: look it up, and do not dial
    again. With an `Idempotency-Key` a repeated request gets the first answer and dials nobody. With
    `Prefer: respond-async`, or `"async": true`, the answer comes as soon as the request is admitted,
    and has links to the look-up and to the events.

    Args:
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):
        body (RequestBody): A request for a call, or for an application to start. Other members
            are ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
            prefer=prefer,
            traceparent=traceparent,
        )
    ).parsed
