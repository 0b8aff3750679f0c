"""The habits of VoiceXML documents that were written for other platforms."""

from ccxml.xml.habits import (
    AttributeSign,
    CodeSign,
    Effect,
    ElementSign,
    Habit,
    Platform,
    StructureSign,
)
from ccxml.xml.xml_tree import Node
from vxml.grammar.srgs import is_xml, mode_of

from .vocabulary import NAMESPACE, RULES, Kind

_CODE = {Kind.EXPRESSION, Kind.TARGET, Kind.NAMES}
_FAR_END = "Write session.connection.remote.uri for the far end, or local.uri"
_SOUNDS = r"\.(?:3gp|alaw|au|g729|gsm|h263p|mp3|mp4|ogg|raw|tif|ulaw|vox)\s*'?\s*$"
_SCHEME = r"^\s*'?(?!sips?:|tel:)[A-Za-z][\w+.-]*:"


def is_code(node: Node, name: str) -> bool:
    """Whether the attribute *name* of *node* is ECMAScript."""
    rule = RULES.get(node.name)
    attribute = rule.attributes.get(name) if rule else None
    return attribute is not None and attribute.kind in _CODE


def _children(node: Node, tag: str) -> list[Node]:
    return [
        child
        for child in node.children
        if isinstance(child, Node) and child.name == tag
    ]


def _is_for_speech(grammar: Node) -> bool:
    # Without a mode the file at src says what it is for.
    is_known = "mode" in grammar.attributes or is_xml(grammar)
    return is_known and mode_of(grammar) == "voice"


def _hears_speech_alone(node: Node) -> bool:
    """Whether *node* is a field, form or link whose grammars are all for what is said."""
    grammars = _children(node, "grammar")
    others = {"type", "dtmf"} & node.attributes.keys() or any(
        "dtmf" in option.attributes for option in _children(node, "option")
    )
    return (
        node.name in ("field", "form", "link")
        and bool(grammars)
        and not others
        and all(map(_is_for_speech, grammars))
    )


def _refers_to_number(node: Node) -> bool:
    """Whether *node* is a blind transfer to a telephone number."""
    if node.name != "transfer" or "dest" not in node.attributes:
        return False
    given = {name: value.text.strip() for name, value in node.attributes.items()}
    is_blind = given.get("type") == "blind" or (
        "type" not in given and given.get("bridge") != "true"
    )
    return is_blind and (
        given["dest"].startswith("tel:") or given["dest"][:1] in "+0123456789"
    )


HABITS: tuple[Habit, ...] = (
    Habit(
        "speech-grammars",
        (),
        Effect.BLOCKS,
        "fields, forms and links whose grammars are all for what is said",
        "hears only what is said, and so is error.unsupported.language",
        'Add a grammar with mode="dtmf"',
        (StructureSign(_hears_speech_alone),),
    ),
    Habit(
        "text-grammars",
        (),
        Effect.BLOCKS,
        "grammars of JSGF and ABNF: `application/x-jsgf`, `application/srgs`",
        "has a type that is error.unsupported.format",
        'Write the grammar as SRGS in XML with mode="dtmf"',
        (ElementSign("grammar", {"type": r"^\s*application/((x-)?jsgf|srgs)\s*$"}),),
    ),
    Habit(
        "objects",
        (),
        Effect.BLOCKS,
        "`object`, as with `method://huawei/…` or `extern:…`",
        "is error.unsupported.objectname",
        "Ask a server with <data> or <subdialog>",
        (ElementSign("object"),),
    ),
    Habit(
        "destination-schemes",
        (),
        Effect.BLOCKS,
        "`transfer` to `phone:`, `pstn:`, `sup:` and others",
        "is error.connection.baddestination",
        "Write a sip: or tel: URI, or a number",
        (AttributeSign("transfer", "dest(?:expr)?", _SCHEME, shows_value=True),),
    ),
    Habit(
        "blind-transfer-to-number",
        (),
        Effect.BLOCKS,
        "`transfer` that is no bridge to a telephone number",
        "is refused, because a REFER takes no number",
        "Write a sip: URI",
        (StructureSign(_refers_to_number),),
    ),
    Habit(
        "sound-formats",
        (),
        Effect.DIFFERS,
        "`audio` with `.vox`, `.mp3`, `.au`, `.gsm`, `.g729` and others",
        "is left out, unless it is a WAV file all the same",
        "Convert it to WAV",
        (AttributeSign("audio", "src|expr", _SOUNDS, shows_value=True),),
    ),
    Habit(
        "voicexml-1",
        (),
        Effect.BLOCKS,
        '`vxml` with `version="1.0"`',
        "is not read",
        'Write version="2.1"',
        (AttributeSign("vxml", "version", r"^\s*1\.0\s*$", shows_value=True),),
    ),
    Habit(
        "voicexml-1-elements",
        (),
        Effect.BLOCKS,
        "`sayas`, `emp`, `pros`, `div`, `dtmf`, and `msecs` of `break`, of VoiceXML 1.0",
        "is not read",
        'Write <say-as>, <emphasis>, <prosody>, <p>, <grammar mode="dtmf"> or time',
        (
            ElementSign("sayas|emp|pros|div|dtmf"),
            AttributeSign("break", "msecs"),
        ),
    ),
    Habit(
        "voicexml-1-events",
        (),
        Effect.DIFFERS,
        "handlers of `telephone.disconnect`, of VoiceXML 1.0",
        "is never thrown",
        "Write connection.disconnect.hangup",
        (
            AttributeSign(
                "catch", "event", r"\btelephone\.disconnect\b", shows_value=True
            ),
        ),
    ),
    Habit(
        "voicexml-1-session",
        (),
        Effect.BLOCKS,
        "`session.telephone.ani`, `session.telephone.dnis`, of VoiceXML 1.0",
        "is undefined, and what is read of it error.semantic",
        _FAR_END,
        (CodeSign(r"\bsession\.telephone\b"),),
    ),
    Habit(
        "no-namespace",
        (),
        Effect.TOLERATED,
        "`vxml` without a namespace",
        "is read as VoiceXML all the same",
        f'Add xmlns="{NAMESPACE}"',
        (ElementSign("vxml", is_bare=True),),
    ),
    # -- Avaya ---------------------------------------------------------------------
    Habit(
        "avaya-session",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        "`session.avaya.…`",
        "is undefined, and what is read of it error.semantic",
        "Write session.connection, or what the request gives session.blueworx.appdata",
        (CodeSign(r"\bsession\.avaya\b"),),
    ),
    Habit(
        "avaya-call-tag",
        (Platform.AVAYA,),
        Effect.DIFFERS,
        "`session.connection.call_tag`",
        "is undefined",
        "Write session.id",
        (CodeSign(r"\bsession\.connection\.call_tag\b"),),
    ),
    # -- Blueworx ------------------------------------------------------------------
    Habit(
        "blueworx-outbound-headers",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        "`setOutboundHeader()`, `clearOutboundHeaders()`, `…protocol.sip.outbound`",
        "is not there, and so error.semantic",
        "Give headers in the request, or in hints of a CCXML document",
        (
            CodeSign(
                r"\b(?:setOutboundHeader|clearOutboundHeaders)\s*\("
                r"|\bprotocol\.sip\.outbound\b"
            ),
        ),
    ),
    # -- Cisco ---------------------------------------------------------------------
    Habit(
        "cisco-parameters",
        (Platform.CISCO,),
        Effect.BLOCKS,
        "`com.cisco.params.…`, `session.mail.…`",
        "is undefined, and what is read of it error.semantic",
        "Write session.blueworx.appdata.NAME, which is appData of the request",
        (CodeSign(r"\bcom\.cisco\.params\b|\bsession\.mail\b"),),
    ),
    Habit(
        "cisco-elements",
        (Platform.CISCO,),
        Effect.BLOCKS,
        "`cisco-data`",
        "is not read",
        "Write <data>",
        (ElementSign("cisco-.*"),),
    ),
    Habit(
        "cisco-attributes",
        (Platform.CISCO,),
        Effect.DIFFERS,
        "`cisco-dest`, `cisco-longpound`, `cisco-typeaheadflush` and others",
        "has no effect",
        "Leave it out, and send recordings by <submit>",
        (AttributeSign(".*", "cisco-.*"),),
    ),
    Habit(
        "cisco-properties",
        (Platform.CISCO,),
        Effect.DIFFERS,
        "properties as `com.cisco.autoflush`",
        "has no effect",
        "Write a property of the standard, or leave it out",
        (AttributeSign("property", "name", r"^com\.cisco\.", shows_value=True),),
    ),
    # -- Genesys -------------------------------------------------------------------
    Habit(
        "genesys-session",
        (Platform.GENESYS,),
        Effect.BLOCKS,
        "`session.com.genesyslab.…`",
        "is undefined, and what is read of it error.semantic",
        "Write session.id, or session.blueworx.appdata.NAME for data of the request",
        (CodeSign(r"\bsession\.com\.genesyslab\b"),),
    ),
    Habit(
        "genesys-attributes",
        (Platform.GENESYS,),
        Effect.DIFFERS,
        "attributes of its namespace, as `gvp:dest` of `log`",
        "has no effect",
        "Leave it out",
        (AttributeSign(".*", r"\{[^}]*genesyslab\.com/.*"),),
    ),
    Habit(
        "genesys-properties",
        (Platform.GENESYS,),
        Effect.DIFFERS,
        "properties as `com.genesyslab.private`",
        "has no effect",
        "Write a property of the standard, or leave it out",
        (AttributeSign("property", "name", r"^com\.genesyslab\.", shows_value=True),),
    ),
    # -- Voxeo ---------------------------------------------------------------------
    Habit(
        "voxeo-session",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "`session.callerid`, `session.calledid`, `session.accountid`, "
        "`session.virtualplatform`",
        "is undefined",
        _FAR_END,
        (CodeSign(r"\bsession\.(?:callerid|calledid|accountid|virtualplatform)\b"),),
    ),
    Habit(
        "voxeo-elements",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "elements of its namespace, as `voxeo:recordcall`",
        "is skipped",
        "Leave it out, and record with <record>",
        (ElementSign(namespace=r"voxeo\.com"),),
    ),
    Habit(
        "voxeo-properties",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "properties of its recogniser, as `com.nuance.client.AllowBargeIn`",
        "has no effect",
        "Write a property of the standard, as bargein or timeout, or leave it out",
        (AttributeSign("property", "name", r"^com\.nuance\.", shows_value=True),),
    ),
    Habit(
        "voxeo-voice-name",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "the property `voicename`",
        "names a voice without effect",
        "Write <voice> in the prompt, or xml:lang",
        (ElementSign("property", {"name": "^voicename$"}),),
    ),
    Habit(
        "voxeo-grammars",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "grammars of GSL: `text/gsl`, `application/x-nuance-gsl`",
        "has a type that is error.unsupported.format",
        'Write the grammar as SRGS in XML with mode="dtmf"',
        (ElementSign("grammar", {"type": r"^\s*(text/gsl|application/x-nuance-gsl)"}),),
    ),
    Habit(
        "voxeo-grammar-type",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "the type `application/grammar-xml` of grammars, of a draft",
        "has a type that is error.unsupported.format",
        'Write type="application/srgs+xml"',
        (ElementSign("grammar", {"type": r"^\s*application/grammar-xml\s*$"}),),
    ),
    Habit(
        "sip-headers",
        (Platform.GENESYS, Platform.VOXEO),
        Effect.BLOCKS,
        "`session.connection.protocol.sip.headers['x-name']`",
        "is undefined, and what is read of it error.semantic",
        "Write protocol.sip['x-name'].value, in small letters",
        (CodeSign(r"\bprotocol\.sip\.headers\b"),),
    ),
    # -- Voximal -------------------------------------------------------------------
    Habit(
        "voximal-sounds",
        (Platform.VOXIMAL,),
        Effect.DIFFERS,
        "`audio` from Asterisk: `application:SayDigits(45)`, `dial:2`, `uri:queue-thankyou`",
        "is left out",
        "Write a WAV file, or the words with <say-as>",
        (
            AttributeSign(
                "audio",
                "src|expr",
                r"^\s*'?(?:application|cli|counter|dial|messaging|uri):",
                shows_value=True,
            ),
        ),
    ),
    Habit(
        "voximal-properties",
        (Platform.VOXIMAL,),
        Effect.DIFFERS,
        "properties as `promptapi`, `promptvoice`, `recognizeapi`, `cdrprompt`",
        "is a property without effect",
        "Leave it out",
        (
            ElementSign(
                "property",
                {
                    "name": "^(prompt(api|cdr|format|key|language|method|password|ssml|url"
                    "|user|voice)|cdrprompt|recognizeapi|extraheaders|continuetimeout)$"
                },
            ),
        ),
    ),
    Habit(
        "voximal-telephone",
        (Platform.VOXIMAL,),
        Effect.BLOCKS,
        "`telephone.id`, `telephone.param`",
        "is declared nowhere, and so error.semantic",
        "Write session.id, or session.blueworx.appdata.NAME for data of the request",
        (CodeSign(r"(?<![\w.$'])telephone\.(?:id|param)\b"),),
    ),
)
"""Each of them was seen in documents, or in what the maker of the platform has published."""
