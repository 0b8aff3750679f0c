"""Parses CCXML text into a Document, or into a list of everything that is wrong with it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from .attributes import AttributeReader
from .document import (
    Action,
    Branch,
    Document,
    Element,
    EventProcessor,
    If,
    Transition,
    Var,
)
from .lint import find_tolerated, lint
from .vocabulary import (
    ACTIONS,
    BRANCHES,
    CHILDREN,
    CONTENT,
    DECLARATIONS,
    METADATA,
    NAMESPACE,
    RETIRED,
    RULES,
    Content,
    Rule,
)
from .xml.attribute_values import ExpressionCheck
from .xml.errors import ParseError
from .xml.findings import Report, suggest
from .xml.positions import Position
from .xml.xml_tree import Node, Text, read, serialize, shorten

# What a dialog has been prepared with (CCXML 1.0, 7.2.2.2).
_OF_PREPARED = frozenset(
    ("type", "namelist", "parameters", "method", "enctype", "maxage", "maxstale")
)


def parse(
    text: bytes | str,
    *,
    uri: str = "",
    strict: bool = False,
    check_expression: ExpressionCheck | None = None,
) -> Document:
    """Parse a document; nothing is fetched, and no expression is evaluated.

    Without *strict*, deviations from the standard that real documents contain are
    accepted with a warning. *check_expression* finds expressions and scripts that cannot
    be compiled, which are mistakes then; without it they fail when they are evaluated.

    Raises ParseError with all mistakes that were found, at most MAX_FINDINGS.
    """
    root = read(text)
    report = Report(is_strict=strict)
    reader = _Reader(report, root.namespace, AttributeReader(report, check_expression))
    document = reader.read_document(root, uri)
    if not report.mistakes:
        for finding in find_tolerated(document):
            at = Position(finding.line, finding.column)
            report.add_non_standard(at, finding.text)
        for finding in lint(document):
            report.add_warning(Position(finding.line, finding.column), finding.text)
    warnings = sorted(report.warnings)
    if report.mistakes:
        raise ParseError(sorted(report.mistakes), warnings)
    return replace(document, warnings=tuple(warnings))


class _Reader:
    """Converts the nodes of a tree into a document, and reports what must not be there.

    After a mistake the values need not be complete, because the document is discarded.
    """

    def __init__(
        self, report: Report, namespace: str, attributes: AttributeReader
    ) -> None:
        self._report = report
        self._namespace = namespace
        self._attributes = attributes

    def read_document(self, root: Node, uri: str) -> Document:
        """Return the document whose root is *root* and which came from *uri*."""
        self._check_root(root)
        fields = self._attributes.fields(root, RULES["ccxml"])
        metas, declarations, processors = [], [], []
        for child in self._read_children(root, CHILDREN[Content.DOCUMENT] | ACTIONS):
            if child.name in ACTIONS - DECLARATIONS:
                text = (
                    f"Move <{child.name}> into a <transition>, as of ccxml.loaded: it is "
                    "skipped here."
                )
                self._report.add_non_standard(child.position, text)
            elif child.name == "eventprocessor":
                processors.append(self._read_event_processor(child))
            elif child.name in METADATA:
                metas.append(self._read_plain(child))
            else:
                declarations.append(self._read_plain(child))
        for processor in processors[1:]:
            text = "Merge this <eventprocessor> into the first: there can be only one."
            self._report.add_mistake(processor.position, text)
        if not processors:
            text = "Add an <eventprocessor>: without one the document handles no event."
            self._report.add_mistake(root.position, text)
        self._warn_of_duplicates(declarations)
        base = fields.pop("base")
        return Document(
            **fields,
            uri=uri,
            base=_resolve(uri, base) if base else uri,
            metas=tuple(metas),
            declarations=tuple(declarations),
            event_processor=processors[0] if processors else None,  # type: ignore[arg-type]
        )

    def _check_root(self, root: Node) -> None:
        if root.name != "ccxml":
            text = f"Begin the document with <ccxml>, not <{shorten(root.name)}>."
            self._report.add_mistake(root.position, text)
            raise ParseError(self._report.mistakes)
        if not root.namespace:
            text = f'Add xmlns="{NAMESPACE}" to <ccxml>.'
            self._report.add_non_standard(root.position, text)
        elif root.namespace != NAMESPACE:
            text = f"The namespace of <ccxml> must be {NAMESPACE}."
            self._report.add_mistake(root.position, text)

    def _read_event_processor(self, node: Node) -> EventProcessor:
        transitions = [
            Transition(
                **self._attributes.fields(child, RULES["transition"]),
                actions=self._read_actions(child),
            )
            for child in self._read_children(node, CHILDREN[Content.TRANSITIONS])
        ]
        fields = self._attributes.fields(node, RULES["eventprocessor"])
        return EventProcessor(**fields, transitions=tuple(transitions))

    def _read_actions(self, node: Node) -> tuple[Action, ...]:
        return self._make_all(self._read_children(node, ACTIONS))

    def _make_all(self, nodes: Iterable[Node]) -> tuple[Action, ...]:
        actions = tuple(
            self._read_if(node) if node.name == "if" else self._read_plain(node)
            for node in nodes
        )
        self._warn_of_duplicates(actions)
        return actions

    def _read_if(self, node: Node) -> If:
        """Return an If; the markers elseif and else cut its content into branches."""
        parts: list[tuple[Node, list[Node]]] = [(node, [])]
        for child in self._read_children(node, ACTIONS | BRANCHES):
            if child.name not in BRANCHES:
                parts[-1][1].append(child)
                continue
            if parts[-1][0].name == "else":
                text = f"Move <{child.name}> before <else>, which must be the last one."
                self._report.add_mistake(child.position, text)
            parts.append((child, []))
        branches = tuple(self._read_branch(*part) for part in parts)
        return If(position=node.position, branches=branches)

    def _read_branch(self, marker: Node, nodes: list[Node]) -> Branch:
        fields = self._attributes.fields(marker, RULES[marker.name])
        if marker.name in BRANCHES and marker.children:
            tag = marker.name
            text = f"Write <{tag}/> as an empty tag, and its actions behind it."
            self._report.add_mistake(marker.position, text)
        return Branch(
            position=fields["position"],
            cond=fields.get("cond"),
            actions=self._make_all(nodes),
        )

    def _read_plain(self, node: Node) -> Any:
        """Return an element that has attributes and contains no CCXML elements."""
        rule = RULES[node.name]
        fields = self._attributes.fields(node, rule)
        if rule.content is Content.SCRIPT:
            fields |= self._read_script(node)
        elif rule.content is Content.XML:
            fields[CONTENT] = self._read_inline_xml(node)
        elif rule.content is Content.NOTHING:
            list(self._read_children(node, frozenset()))
        self._check_choice(node, rule, fields)
        assert rule.element_class is not None
        return rule.element_class(**fields)

    def _read_script(self, node: Node) -> dict[str, Any]:
        texts = [child for child in node.children if isinstance(child, Text)]
        for child in node.children:
            if isinstance(child, Node):
                self._report_misplaced(child, node)
        text = "".join(part.text for part in texts)
        at = texts[0].position if texts else node.position
        self._attributes.values.program(at, text, "The script")
        return {
            CONTENT: text if text.strip() else None,
            "content_position": at,
        }

    def _read_inline_xml(self, node: Node) -> str | None:
        elements = [child for child in node.children if isinstance(child, Node)]
        if elements:
            return "".join(serialize(child) for child in node.children)
        self._report_stray_text(node)
        return None

    def _check_choice(self, node: Node, rule: Rule, fields: dict[str, Any]) -> None:
        present = [
            name for name in rule.one_of if fields[name.replace("-", "_")] is not None
        ]
        if rule.one_of and len(present) != 1:
            *most, last = [
                "content" if name is CONTENT else f"the attribute {name}"
                for name in rule.one_of
            ]
            text = f"Give <{node.name}> exactly one of {', '.join(most)} and {last}."
            self._report.add_mistake(node.position, text)
        elif present == [CONTENT] and fields.get("namelist"):
            text = f"Remove the namelist of <{node.name}>: its content is sent."
            self._report.add_mistake(node.position, text)
        elif present == ["prepareddialogid"]:
            for name in sorted(_OF_PREPARED & node.attributes.keys()):
                text = (
                    f"Remove {name} from <{node.name}>: the dialog is prepared already."
                )
                self._report.add_non_standard(node.position, text)

    def _read_children(self, node: Node, allowed: frozenset[str]) -> Iterator[Node]:
        """Yield the elements in *node* that are allowed there, and report the others."""
        self._report_stray_text(node)
        for child in node.children:
            if isinstance(child, Text):
                continue
            if child.namespace != self._namespace:
                self._report.add_unknown(
                    child.position, f"element <{shorten(child.name)}>"
                )
            elif child.name in allowed:
                yield child
            else:
                self._report_misplaced(child, node)

    def _report_stray_text(self, node: Node) -> None:
        for child in node.children:
            if isinstance(child, Text) and child.inked is not None:
                text = f"Remove the text inside <{node.name}>: it has no meaning there."
                self._report.add_non_standard(child.inked, text)

    def _report_misplaced(self, node: Node, parent: Node) -> None:
        name = shorten(node.name)
        if (name, None) in RETIRED:
            text = f"<{name}>: {RETIRED[name, None]}"
        elif name not in RULES:
            text = f"There is no element <{name}> in CCXML: leave it out.{suggest(name, RULES)}"
        else:
            places = ", ".join(f"<{tag}>" for tag in _parents(name))
            text = f"<{name}> cannot stand inside <{shorten(parent.name)}>"
            text += f"; it belongs in {places}." if places else ": leave it out."
        self._report.add_mistake(node.position, text)

    def _warn_of_duplicates(self, elements: Iterable[Element]) -> None:
        names = set()
        for variable in elements:
            if isinstance(variable, Var):
                if variable.name in names:
                    text = f"The variable {shorten(variable.name)} is declared a second time: use <assign>."
                    self._report.add_warning(variable.position, text)
                names.add(variable.name)


def _resolve(uri: str, base: str) -> str:
    try:
        return urljoin(uri, base)
    except ValueError:  # a document from a file has a path instead of a URI
        return base


def _parents(name: str) -> list[str]:
    if name in BRANCHES:
        return ["if"]
    return [
        tag
        for tag, rule in RULES.items()
        if name in CHILDREN.get(rule.content, frozenset())
    ]
