"""ObjectStore: where recordings are uploaded to; S3Store is one by obstore (the extra ``s3``)."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.config.settings import S3Settings

if TYPE_CHECKING:
    from obstore.store import S3Store as ObstoreS3

CONTENT_TYPE = "audio/wav"
_CODE = re.compile(r"<Code>([A-Za-z0-9.]{1,64})</Code>")
PART_BYTES = 8 * 2**20
"""What is longer is uploaded in parts of this size, two at a time."""


class ObjectStoreError(Exception):
    """The store could not be reached, or has refused; the text says why, without secrets."""


class ObjectStore(Protocol):
    """A store of objects. Every method may raise ObjectStoreError."""

    def url_of(self, key: str) -> str:
        """Return the URL of the object *key*, as it is kept and shown."""

    async def put(self, key: str, path: Path) -> None:
        """Upload the file *path*; what is there of *key* is replaced. All of it, or nothing."""

    async def delete(self, key: str) -> None:
        """Delete *key*; one that does not exist is no error."""

    async def size(self, key: str) -> int | None:
        """Return the bytes of *key*; None if it does not exist."""

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes of *key* from *start* up to *end*, which is not among them."""


class S3Store(ObjectStore):
    """The objects of a bucket below a prefix. Tries nothing again by itself."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._client: ObstoreS3 | None = None

    def url_of(self, key: str) -> str:
        return f"s3://{self._settings.bucket}/{self._settings.prefix}{key}"

    async def put(self, key: str, path: Path) -> None:
        import obstore

        try:
            await obstore.put_async(
                self._open(),
                key,
                path,
                attributes={"Content-Type": CONTENT_TYPE},
                chunk_size=PART_BYTES,
                max_concurrency=2,
            )
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise _translate(error) from error

    async def delete(self, key: str) -> None:
        import obstore

        try:
            await obstore.delete_async(self._open(), key)
        except obstore.exceptions.NotFoundError:
            return
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise _translate(error) from error

    async def size(self, key: str) -> int | None:
        import obstore

        try:
            return int((await obstore.head_async(self._open(), key))["size"])
        except (obstore.exceptions.NotFoundError, FileNotFoundError):
            return None
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise _translate(error) from error

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        import obstore

        try:
            result = await obstore.get_async(
                self._open(), key, options={"range": (start, end)}
            )
            async for chunk in result.stream():
                yield bytes(chunk)
        except (obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise _translate(error) from error

    def _open(self) -> "ObstoreS3":
        """The client, made when it is first needed: it takes memory and threads."""
        if self._client is None:
            from obstore.store import S3Store as ObstoreS3

            self._client = ObstoreS3(
                self._settings.bucket,
                prefix=self._settings.prefix or None,
                config=self._config(),
                client_options={
                    "allow_http": (self._settings.endpoint or "").startswith("http:"),
                    "timeout": timedelta(milliseconds=self._settings.timeout_ms),
                    "connect_timeout": timedelta(seconds=5),
                },
                retry_config={"max_retries": 0, "retry_timeout": timedelta(0)},
            )
        return self._client

    def _config(self) -> Any:
        settings = self._settings
        config: dict[str, Any] = {
            "region": settings.region,
            "endpoint": settings.endpoint,
            "access_key_id": settings.access_key_id,
            "secret_access_key": settings.secret_access_key,
            "virtual_hosted_style_request": settings.virtual_hosted or None,
        }
        return {name: value for name, value in config.items() if value is not None}


def _translate(error: Exception) -> ObjectStoreError:
    """Return *error* in one line, with the code that the store has answered.

    obstore appends the whole answer, and how the error came about, over many lines.
    """
    text = str(error).strip()
    first = text.partition("\n")[0].partition(": <?xml")[0] or type(error).__name__
    code = _CODE.search(text)
    return ObjectStoreError(f"{first}: {code[1]}" if code else first)
