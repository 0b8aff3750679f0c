"""Parses VoiceXML text into a Document, or into a list of everything that is wrong with it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ccxml.xml.attribute_values import ExpressionCheck
from ccxml.xml.errors import ParseError
from ccxml.xml.findings import Report, suggest
from ccxml.xml.uris import join_uri
from ccxml.xml.xml_tree import Node, Text, read, shorten
from vxml.grammar.srgs import find_programs

from . import document as d
from . import executable_content as a
from . import prompt_content as s
from .attributes import AttributeReader, has_content
from .lint import lint
from .vocabulary import (
    BRANCHES,
    IGNORED,
    NAMESPACE,
    RULES,
    SAYS,
    SHORT_CATCHES,
    STYLES,
    VERSIONS,
    Rule,
)

_OF_W3C = {
    "",
    NAMESPACE,
    "http://www.w3.org/2001/06/grammar",
    "http://www.w3.org/2001/10/synthesis",
}


def parse(
    text: bytes | str,
    *,
    uri: str = "",
    strict: bool = False,
    check_expression: ExpressionCheck | None = None,
) -> d.Document:
    """Parse the document *text* from *uri*; nothing is fetched, and no expression evaluated.

    Without *strict*, deviations from the standard that real documents contain are
    accepted with a warning. *check_expression* finds mistakes in the syntax of
    expressions. Raises ParseError with all mistakes that were found.
    """
    root = read(text, "vxml")
    report = Report(is_strict=strict, language="VoiceXML")
    document = _Reader(report, AttributeReader(report, check_expression)).read_document(
        root, uri
    )
    if not report.mistakes:
        for place, sentence in lint(document):
            report.add_warning(place, sentence)
    warnings = sorted(report.warnings)
    if report.mistakes:
        raise ParseError(sorted(report.mistakes), warnings)
    return replace(document, warnings=tuple(warnings))


class _Reader:
    """Converts the nodes of a tree into a document, and reports what must not be there."""

    def __init__(self, report: Report, attributes: AttributeReader) -> None:
        self._report = report
        self._attributes = attributes

    def read_document(self, root: Node, uri: str) -> d.Document:
        """Return the document whose root is *root* and which came from *uri*.

        Raises ParseError.
        """
        if root.name != "vxml":
            text = f"Begin the document with <vxml>, not <{shorten(root.name)}>."
            self._report.add_mistake(root.position, text)
            raise ParseError(self._report.mistakes)
        if not root.namespace:
            self._report.add_non_standard(
                root.position, f'Add xmlns="{NAMESPACE}" to <vxml>.'
            )
        elif root.namespace != NAMESPACE:
            text = f"The namespace of <vxml> must be {NAMESPACE}."
            self._report.add_mistake(root.position, text)
        rule = RULES["vxml"]
        fields = self._read_fields(root, rule)
        if fields["version"] and fields["version"].strip() not in VERSIONS:
            text = f'Write version="2.1": {shorten(fields["version"])} is not known.'
            self._report.add_mistake(root.attributes["version"], text)
        fields["base"] = join_uri(uri, fields["base"] or "")
        document = d.Document(**fields, uri=uri)
        self._check_ids(document)
        return document

    def _check_ids(self, document: d.Document) -> None:
        known: set[str] = set()
        for dialog in document.dialogs:
            if dialog.id in known:
                text = f"Another dialog has the id {shorten(dialog.id or '')} already: choose one of its own."
                self._report.add_mistake(dialog.position, text)
            known |= {dialog.id} if dialog.id else set()
            names: set[str] = set()
            for item in dialog.items if isinstance(dialog, d.Form) else ():
                if item.name in names:
                    text = f"Another form item is called {shorten(item.name or '')}: choose a name of its own."
                    self._report.add_mistake(item.position, text)
                names |= {item.name} if item.name else set()

    # -- elements ----------------------------------------------------------------

    def _make(self, node: Node) -> Any:
        """Return the element for *node*."""
        rule = RULES[node.name]
        if rule.made is a.If:
            return self._read_if(node)
        fields = self._read_fields(node, rule)
        if node.name in SHORT_CATCHES:
            fields["event"] = (node.name,)
        elif rule.made is a.Script:
            fields["content"] = self._read_text(node) or None
            self._attributes.values.program(
                node.position, fields["content"] or "", "The script"
            )
        elif rule.made is d.GrammarElement:
            fields["content"] = node if has_content(node) else None
            for tag, program in find_programs(node):
                self._attributes.values.program(tag.position, program, "The tag")
        elif rule.made is d.Option:
            fields["text"] = " ".join(self._read_text(node).split())
        return rule.made(**fields)

    def _read_fields(self, node: Node, rule: Rule) -> dict[str, Any]:
        """Return attributes and content of *node* by field."""
        fields = self._attributes.read_fields(node, rule)
        if rule.made in (a.Script, d.GrammarElement, d.Option):
            return fields
        held: dict[str, list[Any]] = {place: [] for place in rule.holds.values()}
        if rule.text == "speech":
            held["speech"] = list(self._read_speech(node, rule))
            for child in node.children:
                place = rule.holds.get(child.name) if isinstance(child, Node) else None
                if isinstance(child, Node) and place not in (None, "speech"):
                    held[str(place)].append(self._make(child))
        elif rule.holds or node.children:
            for place, made in self._read_content(node, rule):
                held[place].append(made)
        return fields | {place: tuple(made) for place, made in held.items()}

    def _read_content(self, node: Node, rule: Rule) -> Iterator[tuple[str, Any]]:
        """Yield the content of *node* as pairs of field and element.

        Text outside of a prompt becomes a prompt.
        """
        said: list[Node | Text] = []
        for child in node.children:
            if rule.text and (isinstance(child, Text) or child.name in SAYS):
                said.append(child)
                continue
            if isinstance(child, Text):
                if child.inked is not None:
                    text = f"Remove the text inside <{node.name}>: it has no meaning there."
                    self._report.add_non_standard(child.inked, text)
            elif self._is_allowed(child, node, rule):
                if rule.text:
                    yield from self._make_implied(said, rule.text)
                    said = []
                yield rule.holds[child.name], self._make(child)
        if rule.text:
            yield from self._make_implied(said, rule.text)

    def _make_implied(
        self, said: list[Node | Text], place: str
    ) -> Iterator[tuple[str, a.Prompt]]:
        if all(isinstance(part, Text) and part.inked is None for part in said):
            return
        first = said[0]
        if isinstance(first, Text) and first.inked is None:
            first = said[1]
        speech = tuple(self._read_spoken(said))
        yield place, a.Prompt(position=first.position, speech=speech)

    def _is_allowed(self, child: Node, parent: Node, rule: Rule) -> bool:
        if child.name in IGNORED:
            return False
        if child.namespace not in _OF_W3C:
            self._report.add_unknown(child.position, f"element <{shorten(child.name)}>")
            return False
        if child.name in rule.holds:
            return True
        name = shorten(child.name)
        if name not in RULES and name not in STYLES:
            text = f"There is no element <{name}> in VoiceXML: leave it out.{suggest(name, RULES)}"
        else:
            places = ", ".join(
                f"<{tag}>" for tag, other in RULES.items() if name in other.holds
            )
            text = f"<{name}> cannot stand inside <{shorten(parent.name)}>"
            text += f"; it belongs in {places}." if places else ": leave it out."
        self._report.add_mistake(child.position, text)
        return False

    def _read_if(self, node: Node) -> a.If:
        """Return an If; the markers elseif and else cut its content into branches."""
        parts: list[tuple[Node, list[Node | Text]]] = [(node, [])]
        for child in node.children:
            if isinstance(child, Text) or child.name not in BRANCHES:
                parts[-1][1].append(child)
                continue
            if parts[-1][0].name == "else":
                text = f"Move <{child.name}> before <else>, which must be the last one."
                self._report.add_mistake(child.position, text)
            if child.children:
                text = (
                    f"Write <{child.name}/> as an empty tag, and its actions behind it."
                )
                self._report.add_mistake(child.position, text)
            parts.append((child, []))
        branches = []
        for marker, children in parts:
            rule = RULES[marker.name]
            fields = self._attributes.read_fields(marker, rule)
            inside = Node("if", NAMESPACE, marker.position, {}, children)
            made = tuple(
                action for _, action in self._read_content(inside, RULES["if"])
            )
            branches.append(
                a.Branch(
                    position=marker.position, cond=fields.get("cond"), actions=made
                )
            )
        return a.If(position=node.position, branches=tuple(branches))

    # -- speech ------------------------------------------------------------------

    def _read_speech(self, node: Node, rule: Rule) -> Iterator[s.Speech]:
        """Yield the speech in *node*, which may contain grammars as well."""
        said = [
            child
            for child in node.children
            if isinstance(child, Text)
            or (
                self._is_allowed(child, node, rule)
                and rule.holds[child.name] == "speech"
            )
        ]
        yield from self._read_spoken(said)

    def _read_spoken(self, nodes: list[Node | Text]) -> Iterator[s.Speech]:
        for child in nodes:
            if isinstance(child, Text):
                yield s.Words(text=child.text)
            elif child.name in STYLES:
                yield s.Styled(
                    tag=child.name,
                    attributes={
                        name: value.text for name, value in child.attributes.items()
                    },
                    speech=tuple(self._read_speech(child, RULES["prompt"])),
                )
            elif child.name == "foreach":
                fields = self._attributes.read_fields(child, RULES["foreach"])
                speech = tuple(self._read_speech(child, RULES["prompt"]))
                yield s.Each(**fields, speech=speech)
            else:
                yield self._make(child)

    def _read_text(self, node: Node) -> str:
        for child in node.children:
            if isinstance(child, Node):
                text = f"<{shorten(child.name)}> cannot stand inside <{node.name}>: leave it out."
                self._report.add_mistake(child.position, text)
        texts = [child.text for child in node.children if isinstance(child, Text)]
        return "".join(texts) if "".join(texts).strip() else ""
