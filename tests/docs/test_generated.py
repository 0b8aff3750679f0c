"""What pages and pictures have of the program is what would be written now."""

import pytest

from tests.docs.generated import PAGES, replace
from tests.documented import Page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_what_the_program_has(name: str) -> None:
    text = Page(name).text

    assert text == replace(text, PAGES[name]()), "python -m tests.docs.generated"
