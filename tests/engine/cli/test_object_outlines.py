"""The outlines of the objects' models, which stand in a file beside their reader."""

from engine.cli.object_outlines import FILE
from tests.engine.process import fresh_command
from tests.object_outlines import make_outlines


def test_the_file_is_what_the_models_say() -> None:
    assert FILE.read_bytes() == make_outlines(), "run python -m tests.object_outlines"


async def test_an_option_is_completed_without_pydantic() -> None:
    words = ("outring", "proxies", "add", "--ad")

    status, out, imports = await fresh_command(
        PYTHONPROFILEIMPORTTIME="1",
        _OUTRING_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(words),
        COMP_CWORD="3",
    )

    assert (status, out) == (0, "--address\n")
    assert "engine.cli.object_outlines" in imports
    assert "pydantic" not in imports
