"""Platform access: the administration of the target of a command, here or remote."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from .store_access import with_store
from .target import PlatformTarget

if TYPE_CHECKING:
    from engine.administration.admin import Admin

    from .remote_admin import RemoteAdmin

T = TypeVar("T")


def with_admin(
    target: PlatformTarget,
    work: Callable[["Admin | RemoteAdmin"], Awaitable[T]],
    *,
    may_create: bool = False,
) -> T:
    """Do *work* with the objects of *target*; an error ends the command with one sentence.

    *may_create* as in ``with_store``.
    """
    from engine.administration.admin import Admin

    from .remote_admin import run_remote

    if (platform := target.remote()) is not None:
        return run_remote(platform, work)
    return with_store(
        target.config, lambda store: work(Admin(store)), may_create=may_create
    )
