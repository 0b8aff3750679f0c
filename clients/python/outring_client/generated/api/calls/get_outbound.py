from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.get_outbound_action import GetOutboundAction
from ...models.get_outbound_others import GetOutboundOthers
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    action: GetOutboundAction,
    to: str | Unset = UNSET,
    api_key: str | Unset = UNSET,
    caller_id: str | Unset = UNSET,
    timeout: float | Unset = 30000.0,
    others: GetOutboundOthers | Unset = UNSET,
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

    params: dict[str, Any] = {}

    json_action: str = action
    params["action"] = json_action

    params["to"] = to

    params["apiKey"] = api_key

    params["callerId"] = caller_id

    params["timeout"] = timeout

    json_others: dict[str, Any] | Unset = UNSET
    if not isinstance(others, Unset):
        json_others = others.to_dict()
    if not isinstance(json_others, Unset):
        params.update(json_others)

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/bvr/outbound",
        "params": params,
    }

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
    action: GetOutboundAction,
    to: str | Unset = UNSET,
    api_key: str | Unset = UNSET,
    caller_id: str | Unset = UNSET,
    timeout: float | Unset = 30000.0,
    others: GetOutboundOthers | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> Response[AnswerBody]:
    """Place a call, or start an application, by query

     The same as by POST, for clients that have nothing but a URL. `headers:<name>` sets a SIP header,
    `hints:<name>` a hint, and every parameter of another name is data for the application.

    Args:
        action (GetOutboundAction):
        to (str | Unset):
        api_key (str | Unset):
        caller_id (str | Unset):
        timeout (float | Unset):  Default: 30000.0.
        others (GetOutboundOthers | Unset):
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody]
    """

    kwargs = _get_kwargs(
        action=action,
        to=to,
        api_key=api_key,
        caller_id=caller_id,
        timeout=timeout,
        others=others,
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
    action: GetOutboundAction,
    to: str | Unset = UNSET,
    api_key: str | Unset = UNSET,
    caller_id: str | Unset = UNSET,
    timeout: float | Unset = 30000.0,
    others: GetOutboundOthers | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> AnswerBody | None:
    """Place a call, or start an application, by query

     The same as by POST, for clients that have nothing but a URL. `headers:<name>` sets a SIP header,
    `hints:<name>` a hint, and every parameter of another name is data for the application.

    Args:
        action (GetOutboundAction):
        to (str | Unset):
        api_key (str | Unset):
        caller_id (str | Unset):
        timeout (float | Unset):  Default: 30000.0.
        others (GetOutboundOthers | Unset):
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody
    """

    return sync_detailed(
        client=client,
        action=action,
        to=to,
        api_key=api_key,
        caller_id=caller_id,
        timeout=timeout,
        others=others,
        idempotency_key=idempotency_key,
        prefer=prefer,
        traceparent=traceparent,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    action: GetOutboundAction,
    to: str | Unset = UNSET,
    api_key: str | Unset = UNSET,
    caller_id: str | Unset = UNSET,
    timeout: float | Unset = 30000.0,
    others: GetOutboundOthers | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> Response[AnswerBody]:
    """Place a call, or start an application, by query

     The same as by POST, for clients that have nothing but a URL. `headers:<name>` sets a SIP header,
    `hints:<name>` a hint, and every parameter of another name is data for the application.

    Args:
        action (GetOutboundAction):
        to (str | Unset):
        api_key (str | Unset):
        caller_id (str | Unset):
        timeout (float | Unset):  Default: 30000.0.
        others (GetOutboundOthers | Unset):
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody]
    """

    kwargs = _get_kwargs(
        action=action,
        to=to,
        api_key=api_key,
        caller_id=caller_id,
        timeout=timeout,
        others=others,
        idempotency_key=idempotency_key,
        prefer=prefer,
        traceparent=traceparent,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    action: GetOutboundAction,
    to: str | Unset = UNSET,
    api_key: str | Unset = UNSET,
    caller_id: str | Unset = UNSET,
    timeout: float | Unset = 30000.0,
    others: GetOutboundOthers | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    prefer: str | Unset = UNSET,
    traceparent: str | Unset = UNSET,
) -> AnswerBody | None:
    """Place a call, or start an application, by query

     The same as by POST, for clients that have nothing but a URL. `headers:<name>` sets a SIP header,
    `hints:<name>` a hint, and every parameter of another name is data for the application.

    Args:
        action (GetOutboundAction):
        to (str | Unset):
        api_key (str | Unset):
        caller_id (str | Unset):
        timeout (float | Unset):  Default: 30000.0.
        others (GetOutboundOthers | Unset):
        idempotency_key (str | Unset):
        prefer (str | Unset):
        traceparent (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody
    """

    return (
        await asyncio_detailed(
            client=client,
            action=action,
            to=to,
            api_key=api_key,
            caller_id=caller_id,
            timeout=timeout,
            others=others,
            idempotency_key=idempotency_key,
            prefer=prefer,
            traceparent=traceparent,
        )
    ).parsed
