"""The table of what executes each element."""

from typing import get_args

from ccxml.document import Action, If
from ccxml.execution import EXECUTORS


def test_every_element_has_an_executor() -> None:
    assert EXECUTORS.keys() | {If} == set(get_args(Action))
