"""Resource: the result of a fetch."""

import codecs
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from .errors import Failure, FetchError

# Others, such as punycode or unicode_escape, do harm in the hands of strangers.
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(le|be)?|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d"
)
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
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

    def text(self, fallback: str | None = None) -> str:
        """Return the body as text; raises FetchError if it cannot be decoded.

        The encoding is that of a byte order mark, else of the answer's charset, else
        *fallback*, else UTF-8.
        """
        marks = [name for mark, name in _MARKS.items() if self.body.startswith(mark)]
        charset = [*marks, self.charset, (fallback or "").lower(), "utf-8"]
        name = next(filter(None, charset))
        try:
            if name in marks or _CHARSETS.fullmatch(name):
                return self.body.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass
        why = "some bytes are not characters of its encoding"
        raise FetchError(Failure.FAILED, self.uri, why)
