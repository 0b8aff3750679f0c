"""Identity: UUIDs of version 4, never twice."""

from uuid import RFC_4122, UUID

from engine.model.ids import MADE_AT_ONCE, new_id


def test_all_are_random_uuids() -> None:
    made = [new_id() for _ in range(3 * MADE_AT_ONCE)]
    assert len(set(made)) == len(made)
    for text in made:
        read = UUID(text)
        assert (read.version, read.variant, str(read)) == (4, RFC_4122, text)


def test_every_other_bit_is_random() -> None:
    """Of 500, each bit is 0 in some and 1 in others, but for version and variant."""
    seen_1 = seen_0 = 0
    for _ in range(500):
        value = UUID(new_id()).int
        seen_1 |= value
        seen_0 |= ~value & (1 << 128) - 1
    fixed = 0xF << 76 | 0x3 << 62
    assert seen_1 & seen_0 == (1 << 128) - 1 & ~fixed
