"""Many rows in few statements of the driver, which have been compiled for groups of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def split_into_groups(
    statements: Mapping[int, str], items: Sequence[Item]
) -> Iterator[tuple[str, Sequence[Item]]]:
    """Yield each statement to run and the *items* that it is for, in their order.

    *statements* are by the number of items that they take, the largest first; the last
    takes one.
    """
    at = 0
    for number, statement in statements.items():
        while len(items) - at >= number:
            yield statement, items[at : at + number]
            at += number
