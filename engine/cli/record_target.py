"""Record target: works with the records of the platform that a command is for."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from .store_access import with_store
from .target import PlatformTarget

if TYPE_CHECKING:
    from .record_access import RecordAccess

T = TypeVar("T")


def read_records(
    target: PlatformTarget, work: Callable[["RecordAccess"], Awaitable[T]]
) -> T:
    """Do *work* with the records of *target*; an error ends the command."""
    from .record_access import RemoteRecords, StoredRecords
    from .remote_admin import run_remote

    if (platform := target.remote()) is not None:
        return run_remote(platform, lambda admin: work(RemoteRecords(admin)))
    return with_store(target.config, lambda store: work(StoredRecords(store)))
