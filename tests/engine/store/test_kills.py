"""A process that is killed in the moment of its INVITEs: each has its record, each key its answer."""

from pathlib import Path

from tests.load.kills import at_invite, kill_in_turn


async def test_killed_when_an_invite_has_arrived(url: str, tmp_path: Path) -> None:
    """Whatever was not dialled yet is dialled when it comes again."""
    is_sqlite = url.startswith("sqlite")
    moments = [at_invite(1), at_invite(4)] if is_sqlite else [at_invite(3)]
    async for kill in kill_in_turn(tmp_path, url, moments, keys=8):
        assert kill.wrongs == []
        assert kill.rang >= 1
        assert kill.recorded == kill.rang
