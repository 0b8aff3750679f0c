"""Which encodings are read, under which names, and what is refused."""

import pytest

from ccxml.xml.encodings import decode, find_codec
from ccxml.xml.xml_tree import read

NAMES = {
    "utf8": "ü",
    "UTF-8": "ü",
    "utf-16LE": "ü",
    "ASCII": "u",
    "us-ascii": "u",
    "latin1": "ü",
    "ISO_8859-1": "ü",
    "ISO_8859-1:1987": "ü",
    "iso-8859-15": "€",
    "Latin-9": "€",
    "csISO885915": "€",
    "cswindows1252": "€",
    "csUTF8": "ü",
    "Windows-31J": "か",
    "windows-936": "鎔",
    "windows-1252": "€",
    "cp1251": "д",
    "GB2312": "你",
    "gbk": "鎔",
    "GB18030": "你",
    "Big5": "你",
    "Shift_JIS": "か",
    "EUC-JP": "か",
    "EUC-KR": "가",
}


@pytest.mark.parametrize(("name", "text"), NAMES.items())
def test_names(name: str, text: str) -> None:
    assert decode(text.encode(find_codec(name)), name) == text


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "16L" not in name and ":" not in name]
)
def test_a_declaration_names_it(name: str) -> None:
    text = f"<?xml version='1.0' encoding='{name}'?><a b='{NAMES[name]}'/>"

    assert read(text.encode(find_codec(name))).attributes["b"].text == NAMES[name]


@pytest.mark.parametrize(
    "name",
    [
        "hex",
        "punycode",
        "utf-7",
        "idna",
        "iso-8859-12",
        "cs",
        "utf-8&&",
        "../utf_8",
        "",
        "é",
    ],
)
def test_what_is_refused(name: str) -> None:
    with pytest.raises(LookupError):
        find_codec(name)


def test_a_mark_goes_before_every_name() -> None:
    assert decode("é".encode("utf-16"), "utf-8") == "é"
    assert decode("é".encode("utf-8-sig"), "latin1") == "é"


def test_the_first_name_counts_and_utf_8_without_any() -> None:
    assert decode("é".encode("latin-1"), None, "", "latin1", "utf-8") == "é"
    assert decode("é".encode()) == "é"
