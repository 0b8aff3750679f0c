"""The tests of the W3C's implementation reports, turned into documents for callers with keys.

They lie beside the repository, in ``../shared/vxml-w3c`` (or ``VXML_W3C``). Their elements
of the namespace ``conf:`` leave open how a platform hears its caller and tells its verdict:
here what the caller says is a key, a prompt names the key to press, and ``exit`` has the
verdict.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as Xml

from .expectations import CHANGES, LACKING

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("VXML_W3C", ROOT.parent / "shared/vxml-w3c"))

VXML = "{http://www.w3.org/2001/vxml}"
CONF = "{http://www.w3.org/2002/vxml-conformance}"
KEY_OF = {
    word: str(number)
    for number, word in enumerate(
        ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf"), start=1
    )
}
"""The key that stands for each word that a caller of the suite may say."""
CITIES = ("Chicago", "San Francisco", "New York", "London", "Tokyo")
"""What some prompts call the words of ``KEY_OF``, in their order."""
PRESS = "Press the key "
_EVERYWHERE = {"vxml", "form", "block", "catch", "pass", "fail", "comment"}
PASSED, FAILED = "pass", "fail"
NAMED_DOCUMENT = re.compile(r"([\w.-]+)\.(?:vxml|txml)")
"""In a document, the name of another one without its suffix."""


@dataclass(frozen=True)
class Suite:
    """One folder of documents, all of one specification."""

    name: str
    version: str
    folder: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        """All files, by their path in the folder; documents as ``.vxml``."""
        return {
            served_name(str(path.relative_to(self.folder))): path
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.startswith("README")
        }

    @cached_property
    def entries(self) -> list[str]:
        """The documents that no other document names: those that a caller begins with."""
        documents = [name for name in self.files if name.endswith(".vxml")]
        named_by = defaultdict[str, set[str]](set)
        for document in documents:
            for stem in NAMED_DOCUMENT.findall(
                self.files[document].read_text(errors="replace")
            ):
                named_by[stem].add(document)
        return [name for name in documents if named_by[Path(name).stem] <= {name}]

    def read(self, name: str) -> bytes | None:
        """The file that is served as *name*, turned into a document if it is one; None: there
        is none.
        """
        if name not in self.files:
            return LACKING[name].encode() if name in LACKING else None
        content = self.files[name].read_bytes()
        for wrong, right in CHANGES.get(name, ()):
            assert wrong.encode() in content, name
            content = content.replace(wrong.encode(), right.encode())
        return turn(content) if name.endswith(".vxml") else content

    def elements(self, name: str) -> list[str]:
        """The elements of a document, but for those that are in nearly all."""
        root = Xml.fromstring(self.files[name].read_bytes())
        found = {str(element.tag).rpartition("}")[2] for element in root.iter()}
        return sorted(found - _EVERYWHERE)


def suites() -> Iterator[Suite]:
    """All folders that are there."""
    for name, version, place in (
        ("VoiceXML 2.0", "2.0", "davidmorange+cudl/w3c"),
        ("VoiceXML 2.0, more", "2.0", "JVoiceXML+JVoiceXML/irp_vxml20"),
        ("VoiceXML 2.1", "2.1", "JVoiceXML+JVoiceXML/irp_vxml21"),
    ):
        if (FOLDER / place).is_dir():
            yield Suite(name, version, FOLDER / place)


def served_name(path: str) -> str:
    """The name by which the file at *path* is fetched; some tests have another suffix."""
    return re.sub(r"\.txml$", ".vxml", path)


def keys_asked_for(text: str) -> str:
    """The key that a prompt asks for, empty if none."""
    if PRESS in text:
        return text.rpartition(PRESS)[2].strip()
    return "".join(
        str(number)
        for number, city in enumerate(CITIES, start=1)
        if f"Say {city}" in text
    )


def turn(content: bytes) -> bytes:
    """A test as a document of VoiceXML: each ``conf:`` element as what it stands for."""
    root = Xml.fromstring(content)
    _turn_children(root)
    Xml.register_namespace("", VXML.strip("{}"))
    text: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _turn_children(parent: Xml.Element) -> None:
    before: Xml.Element | None = None
    for child in list(parent):
        place = list(parent).index(child)
        if not str(child.tag).startswith(CONF):
            if child.tag == VXML + "choice":
                _give_key(child)
            if child.tag == VXML + "grammar" and list(child.iter(CONF + "phrase")):
                child.set("mode", "dtmf")
            _turn_children(child)
            before = child
            continue
        parent.remove(child)
        made = list(_turned(child, parent))
        for offset, element in enumerate(made):
            parent.insert(place + offset, element)
        text = (_text_of(child) or "") + (child.tail or "")
        if made:
            before = made[-1]
            before.tail = text
        elif before is not None:
            before.tail = (before.tail or "") + text
        else:
            parent.text = (parent.text or "") + text


def _give_key(choice: Xml.Element) -> None:
    """A choice that is said is also pressed."""
    phrase = choice.find(CONF + "phrase")
    if phrase is not None and "dtmf" not in choice.attrib:
        choice.set("dtmf", KEY_OF[phrase.attrib["utterance"]])


def _text_of(child: Xml.Element) -> str | None:
    if child.tag == CONF + "phrase":
        return KEY_OF[child.attrib["utterance"]]
    return None


def _turned(child: Xml.Element, parent: Xml.Element) -> Iterator[Xml.Element]:
    match child.tag.removeprefix(CONF):
        case "pass":
            yield Xml.Element(VXML + "exit", expr=f"'{PASSED}'")
        case "fail":
            why = child.get("expr") or _quoted(child.get("reason", ""))
            yield Xml.Element(VXML + "exit", expr=f"'{FAILED}: ' + ({why})")
        case "comment" if parent.tag not in (VXML + "field", VXML + "menu"):
            log = Xml.Element(VXML + "log")
            log.text = "".join(child.itertext())
            yield log
        case "speech":
            yield from _press(KEY_OF[child.attrib["value"]], parent)
        case "dtmf":
            yield from _press(child.attrib["value"], parent)
        case "grammar":
            yield _grammar(child)
        case "noinput" | "phrase" | "comment":
            pass
        case other:
            raise ValueError(f"conf:{other} has no meaning here")


def _press(key: str, parent: Xml.Element) -> Iterator[Xml.Element]:
    prompt = Xml.Element(VXML + "prompt")
    prompt.text = f"{PRESS}{key}"
    yield prompt


def _grammar(child: Xml.Element) -> Xml.Element:
    attributes = {"mode": "dtmf", "root": "word", "version": "1.0"}
    grammar = Xml.Element(VXML + "grammar", attributes)
    rule = Xml.SubElement(grammar, VXML + "rule", id="word", scope="public")
    item = Xml.SubElement(rule, VXML + "item")
    item.text = KEY_OF[child.attrib["utterance"]]
    keys = {key.attrib["name"]: key.attrib["value"] for key in child.iter(CONF + "key")}
    if keys:
        grammar.set("tag-format", "semantics/1.0")
        tag = "".join(f"out.{name} = '{value}';" for name, value in keys.items())
        Xml.SubElement(item, VXML + "tag").text = tag
    elif interp := child.get("interp"):
        grammar.set("tag-format", "semantics/1.0-literals")
        Xml.SubElement(item, VXML + "tag").text = interp
    return grammar


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
