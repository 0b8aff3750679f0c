from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.answer_body import AnswerBody
from ...models.campaign_report import CampaignReport
from ...models.get_campaign_report_format import (
    GetCampaignReportFormat,
)
from ...models.mistakes import Mistakes
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    days: int | Unset = 30,
    format_: GetCampaignReportFormat | Unset = "json",
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["days"] = days

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_

    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/campaigns/{name}/report".format(
            name=quote(str(name), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AnswerBody | Mistakes | CampaignReport | Problem | None:
    if response.status_code == 200:
        response_200 = CampaignReport.from_dict(response.json())

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
) -> Response[AnswerBody | Mistakes | CampaignReport | Problem]:
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
    days: int | Unset = 30,
    format_: GetCampaignReportFormat | Unset = "json",
) -> Response[AnswerBody | Mistakes | CampaignReport | Problem]:
    """Count attempts by day and outcome

     Days are those of UTC, on which the attempts ended. As CSV for a spreadsheet.

    Args:
        name (str):
        days (int | Unset):  Default: 30.
        format_ (GetCampaignReportFormat | Unset):  Default: 'json'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | CampaignReport | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        days=days,
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
    days: int | Unset = 30,
    format_: GetCampaignReportFormat | Unset = "json",
) -> AnswerBody | Mistakes | CampaignReport | Problem | None:
    """Count attempts by day and outcome

     Days are those of UTC, on which the attempts ended. As CSV for a spreadsheet.

    Args:
        name (str):
        days (int | Unset):  Default: 30.
        format_ (GetCampaignReportFormat | Unset):  Default: 'json'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | CampaignReport | Problem
    """

    return sync_detailed(
        name=name,
        client=client,
        days=days,
        format_=format_,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    days: int | Unset = 30,
    format_: GetCampaignReportFormat | Unset = "json",
) -> Response[AnswerBody | Mistakes | CampaignReport | Problem]:
    """Count attempts by day and outcome

     Days are those of UTC, on which the attempts ended. As CSV for a spreadsheet.

    Args:
        name (str):
        days (int | Unset):  Default: 30.
        format_ (GetCampaignReportFormat | Unset):  Default: 'json'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AnswerBody | AnswerBody | Mistakes | CampaignReport | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        days=days,
        format_=format_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    days: int | Unset = 30,
    format_: GetCampaignReportFormat | Unset = "json",
) -> AnswerBody | Mistakes | CampaignReport | Problem | None:
    """Count attempts by day and outcome

     Days are those of UTC, on which the attempts ended. As CSV for a spreadsheet.

    Args:
        name (str):
        days (int | Unset):  Default: 30.
        format_ (GetCampaignReportFormat | Unset):  Default: 'json'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AnswerBody | AnswerBody | Mistakes | CampaignReport | Problem
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            days=days,
            format_=format_,
        )
    ).parsed
