"""Who may ask what of campaigns: the admin of all, an API key of those of its application."""

from functools import wraps
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from engine.administration.admin import ConflictError, NotFoundError
from engine.campaigns.campaign_desk import CampaignDesk
from engine.config.toml_file import ConfigMistake, InvalidError
from engine.model.result import RefusedError
from engine.platform.campaign_objects import Campaign
from engine.records.record_search import moment

from .admin import MAX_ADMIN_BODY_BYTES, answer_errors, read_whole_number
from .app_keys import STORE
from .bodies import body_of
from .calls import application_of_client
from .responses import Handler

MAX_PAGE = 1000
PREFIX = "/api/v1/campaigns"
MEMBER = f"{PREFIX}/{{name:[^/]+}}"

T = TypeVar("T")


def campaign_errors(handler: Handler) -> Handler:
    """Wrap *handler* as ``answer_errors`` does; bodies may be as large as of the admin API."""
    answered = answer_errors(handler)

    @wraps(handler)
    async def with_errors(request: web.Request) -> web.StreamResponse:
        return await answered(request.clone(client_max_size=MAX_ADMIN_BODY_BYTES))

    return with_errors


def desk_of(request: web.Request) -> CampaignDesk:
    """Return the desk for the campaigns of the platform."""
    return CampaignDesk(request.app[STORE])


async def campaign_of(request: web.Request) -> Campaign:
    """Return the campaign that the path of *request* names, if its client may see it.

    Raises NotFoundError otherwise, and RefusedError without a valid API key.
    """
    application = await application_of_client(request)
    name = request.match_info["name"]
    campaign = await desk_of(request).find(name)
    if application not in (None, campaign.application):
        raise NotFoundError(f"There is no campaign {name}.")
    return campaign


async def check_lists(
    request: web.Request, application: str | None, campaign: Campaign
) -> None:
    """Raise ConflictError if *campaign* names a suppression list that the key of *application*
    may not see: one of other campaigns, or one that the admin has filled.
    """
    if application is None:
        return
    campaigns = (await request.app[STORE].read_objects()).campaign
    own = [it for it in campaigns if it.application == application]
    others = {name for it in campaigns if it not in own for name in it.lists}
    strange = others | set(await request.app[STORE].suppressions.count())
    strange -= {name for it in own for name in it.lists}
    if taken := sorted(strange.intersection(campaign.lists)):
        raise ConflictError(
            f"The suppression list {taken[0]} is of others: the admin may name it."
        )


async def read_body(request: web.Request, decoder: msgspec.json.Decoder[T]) -> T:
    """Read the body of *request*, an empty one as ``{}``; raises InvalidError."""
    try:
        return decoder.decode(await body_of(request) or b"{}")
    except msgspec.DecodeError as error:  # a ValidationError is one
        raise wrong("", f"{error}.") from None
    except RefusedError as refused:
        raise wrong("", refused.detail) from None


def wrong(field: str, text: str) -> InvalidError:
    """Return what tells that *field* of a query or body is wrong."""
    return InvalidError([ConfigMistake(field, text)])


def limit_of(request: web.Request) -> int:
    """Return how many a client wants at most; raises InvalidError."""
    text = request.query.get("limit", "100")
    return read_whole_number("limit", text, MAX_PAGE)


def moment_of(name: str, text: str | None, now: float) -> float | None:
    """Return the time that *text* of the field *name* says; raises InvalidError."""
    if text is None:
        return None
    try:
        return moment(text, now)
    except ValueError as error:
        raise wrong(name, f"{name}: {error}.") from None


def choice_of(name: str, text: str | None, choices: Any) -> Any:
    """Return the member of the enumeration *choices* that *text* names, None of None.

    Raises InvalidError.
    """
    if text is None:
        return None
    try:
        return choices(text)
    except ValueError:
        raise wrong(name, f"{name} is one of {', '.join(choices)}.") from None
