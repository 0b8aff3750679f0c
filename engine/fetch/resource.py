"""Resource: the result of a fetch."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from ccxml.xml.encodings import decode

from .errors import Failure, FetchError

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^"';\s]*)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that was fetched.

    *uri* is where it was found, after redirects; relative URIs in it are resolved
    against that. It may hold user info, so logs must show ``redact_uri`` of it.
    *media_type* is in lower case and without parameters, "" if there is none.
    *validator* changes whenever the text does.
    """

    uri: str
    body: bytes
    media_type: str
    charset: str | None
    validator: str

    @classmethod
    def of(cls, uri: str, body: bytes, content_type: str = "") -> Self:
        """Return the resource at *uri* whose Content-Type field is *content_type*."""
        match = _CHARSET.search(content_type)
        charset = match[1].lower() if match else None
        media_type = content_type.partition(";")[0].strip().lower()
        validator = f"{sha256(body).hexdigest()} {charset or ''}"
        return cls(uri, body, media_type, charset, validator)

    @property
    def content(self) -> bytes | str:
        """The body, as text if the answer names its charset, for a reader that finds any
        other encoding by what stands in the bytes (RFC 7303 §3). Raises FetchError.
        """
        return self.text() if self.charset else self.body

    def text(self, fallback: str | None = None) -> str:
        """Return the body as text; raises FetchError if it cannot be decoded.

        The encoding is that of a byte order mark, else of the answer's charset, else
        *fallback*, else UTF-8.
        """
        try:
            return decode(self.body, self.charset, fallback)
        except (LookupError, UnicodeError):
            pass
        why = "some bytes are not characters of its encoding"
        raise FetchError(Failure.FAILED, self.uri, why)
