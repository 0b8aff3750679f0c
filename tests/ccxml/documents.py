"""Small documents, made of the part that a test is about."""

from ccxml import Document, ParseError, parse
from ccxml.document import Action
from ccxml.vocabulary import CONTENT, NAMESPACE, RULES, Kind

ROOT = f'<ccxml version="1.0" xmlns="{NAMESPACE}">'
VALUES = {Kind.VERSION: "1.0", Kind.TIME: "3s", Kind.SECONDS: "60"}


def document(actions: str = "", *, head: str = "", attributes: str = "") -> str:
    """A document with *actions* in its one transition; all of it on line 1."""
    return (
        f"{ROOT}{head}<eventprocessor><transition{attributes}>{actions}"
        "</transition></eventprocessor></ccxml>"
    )


def action(text: str, *, strict: bool = True) -> Action:
    """The first action of a document that consists of *text*."""
    return (
        parsed(document(text), strict=strict).event_processor.transitions[0].actions[0]
    )


def parsed(text: str | bytes, *, strict: bool = True) -> Document:
    """*text* as a document."""
    return parse(text, strict=strict)


def mistakes(text: str | bytes, *, strict: bool = False) -> list[str]:
    """What is wrong with *text*, without places."""
    try:
        parse(text, strict=strict)
    except ParseError as error:
        return [mistake.text for mistake in error.mistakes]
    return []


def warnings(text: str | bytes) -> list[str]:
    """What *text* is warned of, without places."""
    return [warning.text for warning in parse(text).warnings]


def minimal(tag: str, extra: dict[str, str] | None = None, inside: str = "") -> str:
    """*tag* with the attributes that it needs, and *extra* ones."""
    rule, given = RULES[tag], dict(extra or {})
    for attribute in rule.attributes.values():
        if attribute.is_required:
            given.setdefault(attribute.name, VALUES.get(attribute.kind, "x"))
    fields = {rule.attributes[name].field for name in given if name in rule.attributes}
    if rule.one_of and not inside and not set(rule.one_of) & (fields | set(given)):
        given[next(name for name in rule.one_of if name != CONTENT)] = "x()"
    attributes = "".join(f' {name}="{value}"' for name, value in given.items())
    return f"<{tag}{attributes}>{inside}</{tag}>"


def placed(tag: str, text: str) -> str:
    """A document with *text*, an element *tag*, where it may stand."""
    if tag in ("meta", "metadata"):
        return document(head=text)
    if tag == "eventprocessor":
        return f"{ROOT}{text}</ccxml>"
    if tag == "transition":
        return f"{ROOT}<eventprocessor>{text}</eventprocessor></ccxml>"
    if tag in ("elseif", "else"):
        return document(f'<if cond="1">{text}</if>')
    if tag == "ccxml":
        text = text.replace("<ccxml", f'<ccxml xmlns="{NAMESPACE}"')
        return text.replace("></ccxml>", "><eventprocessor/></ccxml>")
    return document(text)
