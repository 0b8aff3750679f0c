"""Write the tables of ``docs/conformance.md``: ``python -m tests.vxml.w3c``."""

from .page import PAGE, made_page

PAGE.write_text(made_page())
