"""XML: places of everything, and what hostile or broken text gets told."""

import time

import pytest

from ccxml import ParseError
from ccxml.xml.xml_tree import MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Text, read


def mistake(text: str | bytes) -> str:
    """The one mistake of *text*."""
    with pytest.raises(ParseError) as raised:
        read(text)
    return str(raised.value)


def test_places() -> None:
    root = read(
        "<?xml version='1.0'?>\r\n<!-- é\n-->\n"
        "<a xmlns='urn:a' xmlns:b=\"urn:b\"\n   é = 'ü' b:c\n=\"two\nlines\" d='&lt;>'>\n"
        "  text<e/></a>"
    )
    places = {k: (v.text, v.line, v.column) for k, v in root.attributes.items()}
    before, child = root.children

    assert (root.name, root.namespace) == ("a", "urn:a")
    assert (root.position.line, root.position.column) == (4, 1)
    assert places == {
        "é": ("ü", 5, 9),
        "{urn:b}c": ("two lines", 6, 3),
        "d": ("<>", 7, 11),
    }
    assert isinstance(before, Text)
    assert (before.position.line, before.position.column) == (7, 18)
    assert before.inked is not None
    assert (before.inked.line, before.inked.column) == (8, 3)
    assert isinstance(child, Node)
    assert (child.position.line, child.position.column) == (8, 7)


@pytest.mark.parametrize(
    "text", ["<a b='1'>c='2'</a>", "<a b='1' >='2'</a>", "<a><a b='1'/>c='2'</a>"]
)
def test_text_that_looks_like_an_attribute(text: str) -> None:
    root = read(text)
    node = next((child for child in root.children if isinstance(child, Node)), root)

    assert {name: value.text for name, value in node.attributes.items()} == {"b": "1"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"]
)
def test_encodings(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f"<?xml version='1.0' encoding='{declared.upper()}'?><a b='ü' c='x'/>"

    root = read(text.encode(encoding))

    assert root.attributes["b"].text == "ü"
    assert root.attributes["c"].column == text.index("x'/>") + 1


def test_processing_instructions_have_no_effect() -> None:
    root = read("<?xml-stylesheet href='x'?><a>b<?access-control allow='*'?>c</a><?d?>")

    (text,) = root.children
    assert isinstance(text, Text)
    assert text.text == "bc"


def test_text_counts_and_not_the_encoding_it_declares() -> None:
    root = read("<?xml version='1.0' encoding='utf-16'?><a b='ü'/>")

    assert root.attributes["b"].text == "ü"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: The document is empty: begin it with <ccxml>."),
        (" \n", "2:1: The document is empty: begin it with <ccxml>."),
        ("x", "1:1: This is not well-formed XML: syntax error."),
        (
            "<a>\n <b>\n</a>",
            "3:3: Close <b> of line 2, column 2 before this: add </b>.",
        ),
        (
            "<a>\n <b>",
            "2:5: The document ends inside <b> of line 2, column 2: add </b>.",
        ),
        ("<a b='1' b='2'/>", "1:10: This is not well-formed XML: duplicate attribute."),
        ("<a/><b/>", "1:5: This is not well-formed XML: junk after document element."),
        (
            "<a b=1/>",
            "1:6: This is not well-formed XML: not well-formed (invalid token).",
        ),
        ("<a>&nbsp;</a>", "1:4: This is not well-formed XML: undefined entity."),
        ("<x:a/>", "1:1: This is not well-formed XML: unbound prefix."),
        (b"<a>\xff</a>", "1:1: Some bytes are not characters: save it as UTF-8."),
        ("<a>\ud800</a>", "1:1: Some bytes are not characters: save it as UTF-8."),
        (
            "<a b='c'/>".encode("utf-16-le"),
            "1:1: Some bytes are not characters: save it as UTF-8.",
        ),
        ("<a b='c'/>\0", "1:1: Some bytes are not characters: save it as UTF-8."),
        (b"<?xml version='1.0' encoding='hex'?><a/>", "1:1: Use the encoding UTF-8."),
        (
            b"<?xml version='1.0' encoding='iso-8859-99'?><a/>",
            "1:1: Use the encoding UTF-8.",
        ),
    ],
)
def test_broken(text: str | bytes, expected: str) -> None:
    assert mistake(text) == expected


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"<!DOCTYPE a [<!ENTITY l0 'lol'>{LAUGHS}]><a>&l9;</a>",
            "DOCTYPE in brackets",
        ),
        (
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
            "DOCTYPE in brackets",
        ),
        (
            "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'>%p;]><a/>",
            "brackets",
        ),
        ("<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>", "DOCTYPE in brackets"),
        ("<!DOCTYPE a SYSTEM 'x'><a>&e;</a>", "entities are not known"),
        ("<!DOCTYPE a SYSTEM 'x'><a b='&e;'/>", "entities are not known"),
        ("<a>" * 100_000, f"Nest elements at most {MAX_DEPTH} deep."),
        ("<a>" + "<b/>" * 100_000 + "</a>", f"Use at most {MAX_NODES} elements."),
        (f"<a b='{'x' * 11_000_000}'/>", f"Use at most {MAX_BYTES} bytes"),
        (f"<a b='{'x' * 70_000}'/>", "Use at most 64 kB for one attribute."),
        (b"<a>" + b"\xe4" * 700_000, "Some bytes are not characters"),
        ("<a>" + "ä" * 700_000, f"Use at most {MAX_BYTES} bytes"),
    ],
)
def test_hostile(text: str | bytes, expected: str) -> None:
    began = time.process_time()

    assert expected in mistake(text)
    assert time.process_time() - began < 1


def test_an_external_dtd_is_accepted_and_never_fetched() -> None:
    # Nothing listens there, and nothing could be resolved: a fetch would fail.
    system = "http://127.0.0.1:1/no.dtd"

    root = read(f"<!DOCTYPE a PUBLIC '-//W3C//DTD CCXML 1.0//EN' '{system}'><a/>")

    assert root.name == "a"


@pytest.mark.parametrize(
    "text",
    [
        "<a>" + "\n" * 900_000 + "</a>",
        "<a " + " ".join(f"b{n}='x'" for n in range(60_000)) + "/>",
        "<a " + "\n".join(f"b{n}='ä'" for n in range(60_000)) + "/>",
        "<a>" + "&amp;" * 190_000 + "</a>",
    ],
    ids=["lines", "attributes", "attributes on lines", "references"],
)
def test_what_is_large_takes_linear_time(text: str) -> None:
    began = time.process_time()

    read(text)

    assert time.process_time() - began < 3
