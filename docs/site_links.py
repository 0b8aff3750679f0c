"""Hook of MkDocs: what the pages link outside of ``docs/`` is named, and not linked, in the site."""

import re
from typing import Any


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Leave only the text of links that lead out of the folder of the pages."""
    depth = page.file.src_uri.count("/")
    out = re.compile(r"\[([^\]]+)\]\((?:\.\./){" + str(depth + 1) + r"}[^)]*\)")
    return out.sub(r"\1", markdown)
