"""The conformance grammars of SRGS 1.0, with a key in place of each word.

What each must take, and what it must refuse, is said by its own ``meta`` elements.
"""

from pathlib import Path
from xml.etree import ElementTree as Xml

from tests.vxml.playing import HEAD, HERE, Call

from .caller import Verdict
from .suite import FOLDER

GRAMMARS = FOLDER / "JVoiceXML+JVoiceXML/irp_srgs10"
SRGS = "{http://www.w3.org/2001/06/grammar}"
REFUSED = "REJECT"
_WITH_WORDS = (SRGS + "rule", SRGS + "item", SRGS + "token")


def grammars() -> list[Path]:
    """All grammars in the XML form."""
    return sorted(GRAMMARS.glob("*.grxml"))


def examples(root: Xml.Element) -> list[tuple[str, str]]:
    """What a caller says, and what comes of it by the grammar's own words."""
    said = {
        meta.get("name"): meta.get("content", "") for meta in root.iter(SRGS + "meta")
    }
    return [
        (text, said.get(str(name).replace("in.", "out."), ""))
        for name, text in said.items()
        if str(name).startswith("in.")
    ]


def judge(path: Path) -> Verdict:
    """Press the keys of each example of a grammar."""
    root = Xml.fromstring(path.read_bytes())
    wanted = examples(root)
    keys = _put_keys(root)
    text = Xml.tostring(root, encoding="unicode")
    for said, outcome in wanted:
        pressed = [keys.get(word, "#") for word in said.split()]
        end = _press(text, pressed)
        if end != ("refused" if outcome == REFUSED else "taken"):
            return Verdict(False, f"{said}: {end}")
    return Verdict(bool(wanted))


def _put_keys(root: Xml.Element) -> dict[str, str]:
    """Write keys in place of the words of a grammar; returns the key of each word."""
    keys: dict[str, str] = {}
    root.set("mode", "dtmf")
    for element in root.iter():
        for holder, name in ((element, "text"), (element, "tail")):
            words = (getattr(holder, name) or "").split()
            if words and (name == "tail" or element.tag in _WITH_WORDS):
                pressed = [keys.setdefault(word, str(len(keys))) for word in words]
                setattr(holder, name, " ".join(pressed))
    assert len(keys) <= 10, keys
    return keys


def _press(grammar: str, keys: list[str]) -> str:
    """What becomes of *keys* where *grammar* is active."""
    body = (
        '<property name="termchar" value=""/><form><field name="said">'
        '<grammar src="it.grxml"/>'
        "<filled><exit expr=\"'taken'\"/></filled>"
        "<nomatch><exit expr=\"'refused'\"/></nomatch>"
        "<noinput><exit expr=\"'nothing was heard'\"/></noinput>"
        '<catch event="error"><exit expr="\'refused\'"/></catch>'
        "</field></form>"
    )
    files = {HERE.rpartition("/")[0] + "/it.grxml": grammar}
    call = Call(f"{HEAD}{body}</vxml>", files)
    try:
        call.start()
        for key in keys:
            if call.end is None:
                call.key(key)
        while call.end is None:
            call.silent()
        return str(call.end.expr)
    finally:
        call.session.close()
