"""Variables and scripts (CCXML 1.0, chapter 8)."""

from ccxml import document as d
from ccxml.scopes import ScriptError
from ccxml.xml.xml_tree import shorten

from .context import ExecutionContext


def declare(context: ExecutionContext, element: d.Var) -> None:
    """``var``: declare a variable, undefined or with the value of ``expr``."""
    expression = element.expr.text if element.expr else None
    context.scripts.declare(element.name, expression)


def assign(context: ExecutionContext, element: d.Assign) -> None:
    """``assign``: assign the value of ``expr`` to what ``name`` names."""
    context.scripts.assign(element.name.text, element.expr.text)


def run_script(context: ExecutionContext, element: d.Script) -> None:
    """``script``: what was fetched, a static file, or the text inside."""
    if element.fetchid is not None:
        text = context.fetched.find_text(context.read_text(element.fetchid))
        if text is None:
            raise ScriptError(
                "no script was fetched under this fetchid: wait for its fetch.done"
            )
        context.scripts.run(text)
    elif element.src is not None:
        if element.src not in context.texts:
            raise ScriptError(
                f"the script {shorten(element.src)} was not loaded: name it in a fetch"
            )
        context.scripts.run(context.texts[element.src])
    else:
        context.scripts.run(element.content or "")
