"""Documents are known by their root element."""

import pytest

from engine.compatibility.root_element import HEAD_BYTES, find_root, is_template


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("<vxml/>", "vxml"),
        ('<vxml version="2.1">', "vxml"),
        ('\n<?xml version="1.0"?>\n<!-- <a> -->\n<ccxml>', "ccxml"),
        ('<!DOCTYPE ccxml PUBLIC "a" "b">\n<ccxml>', "ccxml"),
        ('<!DOCTYPE vxml [<!ENTITY a "b">\n<!ELEMENT c ANY>] ><vxml>', "vxml"),
        ("<!DOCTYPE vxml [<vxml>", ""),
        ('<v:vxml xmlns:v="a">', "vxml"),
        ('<html><vxml version="2.1"/></html>', "html"),
        ("text <vxml/>", ""),
        ("<!-- <vxml/>", ""),
        ("<vxml", ""),
        ("", ""),
    ],
)
def test_root(text: str, root: str) -> None:
    assert find_root(text.encode()) == root
    assert find_root(text.encode("utf-16")) == root
    assert find_root(text.encode("utf-8-sig")) == root


def test_the_root_of_many_comments_is_found() -> None:
    comments = b"<!---->" * (HEAD_BYTES // 7 - 2)

    assert find_root(comments + b"<vxml>") == "vxml"
    assert find_root(comments + b"<!---->" * 3 + b"<vxml>") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<%@ page import="a" %><vxml version="2.1">', True),
        ('<?php echo 1; ?><ccxml version="1.0">', True),
        ('<vxml version="2.1"><form id="<%= a %>"/></vxml>', True),
        ('<vxml version="2.1"><form/></vxml>', False),
        ('<%@ page import="a" %><html>', False),
        ('# PHP\n<?php echo "<vxml>";', False),
    ],
)
def test_template(text: str, expected: bool) -> None:
    assert is_template(text.encode()) == expected
