"""``docs/configuration.md``: every setting in the row of its section, with its default."""

import json
import re
from itertools import chain
from typing import Any

import pytest

from engine.config.settings import Settings
from tests.documented import Page

ROW = re.compile(r"^\| (?:`(\w+)`)? ?\| (`.*?) \| (.*?) ?\| .* \|$", re.MULTILINE)
VALUE = re.compile(r"`[^`]*`|[^,`]+")


def described() -> dict[str, dict[str, str]]:
    """The default that the page has for each setting, by section."""
    sections: dict[str, dict[str, str]] = {}
    section = ""
    for named, names, defaults in ROW.findall(Page("configuration.md").text):
        section = named or section
        settings = re.findall(r"`(\w+)`", names)
        values = [value.strip(" `") for value in VALUE.findall(defaults)]
        values += [""] * (len(settings) - len(values))
        rows = sections.setdefault(section, {})
        assert not rows.keys() & set(settings)
        rows.update(zip(settings, values, strict=False))
    return sections


def fields() -> dict[str, dict[str, Any]]:
    """The default of each setting, by section."""
    return {
        name: {
            setting: field.get_default(call_default_factory=True)
            for setting, field in section.annotation.model_fields.items()  # type: ignore[union-attr]
        }
        for name, section in Settings.model_fields.items()
    }


def test_every_setting_is_described_in_its_section() -> None:
    names = {section: set(rows) for section, rows in described().items()}

    assert names == {section: set(rows) for section, rows in fields().items()}


PLAIN = [
    (section, setting, text)
    for section, rows in described().items()
    for setting, text in rows.items()
    if re.fullmatch(r"\d+|true|false|\[.*\]", text)
]


@pytest.mark.parametrize(("section", "setting", "text"), PLAIN)
def test_defaults_are_those_of_the_program(
    section: str, setting: str, text: str
) -> None:
    assert json.loads(text) == json.loads(
        json.dumps(fields()[section][setting], default=str)
    )


def test_most_defaults_are_compared() -> None:
    assert len(PLAIN) > len(list(chain(*fields().values()))) / 2
