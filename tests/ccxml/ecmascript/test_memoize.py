"""What is kept of texts that are read again and again."""

from ccxml.ecmascript.memoize import LONGEST_KEPT, memoize


def test_a_text_is_read_once() -> None:
    texts: list[str] = []
    read = memoize(lambda text: texts.append(text) or len(text))

    assert [read("count"), read("count"), read("note")] == [5, 5, 4]
    assert texts == ["count", "note"]


def test_nothing_is_kept_of_a_long_text() -> None:
    texts: list[str] = []
    read = memoize(lambda text: texts.append(text) or len(text))
    long = "x" * (LONGEST_KEPT + 1)

    assert [read(long), read(long)] == [len(long)] * 2
    assert texts == [long] * 2
