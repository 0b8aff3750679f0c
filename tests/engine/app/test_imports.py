"""What a process does not load that has no use for it: each takes memory."""

import subprocess
import sys

LATER = """
import engine.app.process, sys
print(*sorted(sys.modules))
"""
UNUSED = (
    "engine.cluster",
    "engine.export",
    "engine.http.openapi",
    "engine.rehearsal",
    "asyncpg",
    "redis",
    "re2",
    "pyarrow",
)


def test_what_the_settings_do_not_ask_for_is_not_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATER], capture_output=True, text=True, check=True
    )

    loaded = done.stdout.split()
    assert "engine.http.docs" in loaded
    assert [name for name in loaded if name.startswith(UNUSED)] == []
