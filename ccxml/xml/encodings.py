"""The encodings that texts of strangers may have, and the names that are understood."""

import codecs
import re
from encodings.aliases import aliases

_NAME = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}", re.IGNORECASE)
# Others, such as punycode or unicode_escape, do harm in the hands of strangers.
_CODECS = frozenset(
    {
        *("utf_8", "utf_16", "utf_16_le", "utf_16_be", "ascii", "latin_1"),
        *(f"iso8859_{part}" for part in range(2, 17) if part != 12),
        *(f"cp125{page}" for page in range(9)),
        *("gb2312", "gbk", "gb18030", "big5"),
        *("shift_jis", "cp932", "euc_jp", "euc_kr"),
    }
)
_SEPARATOR = re.compile(r"[._:+-]")


def _squeeze(name: str) -> str:
    return _SEPARATOR.sub("", name.lower())


_BY_NAME = {
    _squeeze(alias): codec
    for alias, codec in (*aliases.items(), *zip(_CODECS, _CODECS, strict=True))
    if codec in _CODECS
} | {"windows31j": "cp932", "windows936": "gbk", "eucpkdfmtjapanese": "euc_jp"}
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def find_codec(name: str) -> str:
    """Return Python's codec for the encoding *name*, in letters of any case.

    A name is one of IANA's registry, or an alias there (XML 1.0, 4.3.3). Raises
    LookupError for what is none, or is not read here.
    """
    # codecs.lookup() is not asked: it remembers each name that it does not know.
    squeezed = _squeeze(name) if _NAME.fullmatch(name) else ""
    # Most names of the registry have an alias that begins so, as csUTF8.
    codec = _BY_NAME.get(squeezed) or _BY_NAME.get(squeezed.removeprefix("cs"))
    if codec is None:
        raise LookupError(name)
    return codec


def decode(data: bytes, *names: str | None) -> str:
    """Return *data* as text, without a byte order mark.

    The encoding is that of the mark, else the first of *names* that is neither None nor
    empty, else UTF-8. Raises LookupError or UnicodeError.
    """
    for mark, codec in _MARKS.items():
        if data.startswith(mark):
            return data.decode(codec)
    return data.decode(find_codec(next(filter(None, names), "utf-8")))
