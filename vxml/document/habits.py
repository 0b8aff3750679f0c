"""The habits of VoiceXML documents that were written for other platforms."""

import re

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
_SOUNDS = r"\.(?:3gp|alaw|au|g729|gsm|h263p|mp3|mp4|ogg|raw|tif|ulaw|vox)[\s']*$"
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
    """Whether the grammars of a field, form or link are all for what is said."""
    grammars = _children(node, "grammar")
    others = {"type", "dtmf"} & node.attributes.keys() or any(
        "dtmf" in option.attributes for option in _children(node, "option")
    )
    return bool(grammars) and not others and all(map(_is_for_speech, grammars))


def _refers_to_number(node: Node) -> bool:
    """Whether a transfer is blind and goes to a telephone number."""
    given = {name: value.text.strip() for name, value in node.attributes.items()}
    is_blind = given.get("type") == "blind" or (
        "type" not in given and given.get("bridge") != "true"
    )
    return is_blind and re.match(r"tel:|[+\d]", given.get("dest", "")) is not None


def _has_no_sound(node: Node) -> bool:
    return not {"src", "expr"} & node.attributes.keys()


def _make_element_of_1_0(tag: str, remedy: str) -> Habit:
    """Make the row of *tag*, which VoiceXML 1.0 had and 2.0 has not."""
    return Habit(
        f"voicexml-1-{tag}",
        (),
        Effect.BLOCKS,
        what=f"`{tag}`, of VoiceXML 1.0",
        here="is not read",
        remedy=remedy,
        signs=(ElementSign(tag),),
    )


HABITS: tuple[Habit, ...] = (
    Habit(
        "speech-grammars",
        (),
        Effect.BLOCKS,
        what="fields, forms and links whose grammars are all for what is said",
        here="hears only what is said, and so is error.unsupported.language",
        remedy='Add a grammar with mode="dtmf"',
        signs=(
            StructureSign(frozenset({"field", "form", "link"}), _hears_speech_alone),
        ),
    ),
    Habit(
        "text-grammars",
        (),
        Effect.BLOCKS,
        what="grammars of JSGF and ABNF: `application/x-jsgf`, `application/srgs`",
        here="has a type that is error.unsupported.format",
        remedy='Write the grammar as SRGS in XML with mode="dtmf"',
        signs=(
            ElementSign("grammar", {"type": r"^\s*application/((x-)?jsgf|srgs)\s*$"}),
        ),
    ),
    Habit(
        "objects",
        (),
        Effect.BLOCKS,
        what="`object`, as with `method://huawei/…`, `speechobject://…` or `extern:…`",
        here="is error.unsupported.objectname",
        remedy="Ask a server with <data> or <subdialog>",
        signs=(ElementSign("object", {"classid": ""}),),  # ours has none
    ),
    Habit(
        "destination-schemes",
        (),
        Effect.BLOCKS,
        what="`transfer` to `phone:`, `pstn:`, `sup:` and others",
        here="is error.connection.baddestination",
        remedy="Write a sip: or tel: URI, or a number",
        signs=(AttributeSign("transfer", "dest(?:expr)?", _SCHEME, shows_value=True),),
    ),
    Habit(
        "blind-transfer-to-number",
        (),
        Effect.BLOCKS,
        what="`transfer` that is no bridge to a telephone number",
        here="is error.connection.protocol.400, because a REFER takes no number",
        remedy="Write a sip: URI",
        signs=(StructureSign(frozenset({"transfer"}), _refers_to_number),),
    ),
    Habit(
        "sound-formats",
        (),
        Effect.DIFFERS,
        what="`audio` with `.vox`, `.mp3`, `.au`, `.gsm`, `.g729` and others",
        here="is left out, unless it is a WAV file all the same",
        remedy="Convert it to WAV, as outring sounds add does with MP3 and others",
        signs=(AttributeSign("audio", "src|expr", _SOUNDS, shows_value=True),),
    ),
    Habit(
        "voicexml-1",
        (),
        Effect.BLOCKS,
        what='`vxml` with `version="1.0"`',
        here="is not read",
        remedy='Write version="2.1"',
        signs=(AttributeSign("vxml", "version", r"^\s*1\.0\s*$", shows_value=True),),
    ),
    _make_element_of_1_0("sayas", "Write <say-as>"),
    _make_element_of_1_0("emp", "Write <emphasis>"),
    _make_element_of_1_0("pros", "Write <prosody>"),
    _make_element_of_1_0("div", "Write <p> or <s>"),
    _make_element_of_1_0("dtmf", 'Write <grammar mode="dtmf">'),
    Habit(
        "voicexml-1-msecs",
        (),
        Effect.BLOCKS,
        what="`break` with `msecs`, of VoiceXML 1.0",
        here="is not read",
        remedy="Write time, with its unit",
        signs=(AttributeSign("break", "msecs"),),
    ),
    Habit(
        "voicexml-1-lang",
        (),
        Effect.BLOCKS,
        what="`vxml` with `lang` or `base`, of VoiceXML 1.0",
        here="is not read",
        remedy="Write xml:lang or xml:base",
        signs=(AttributeSign("vxml", "lang|base"),),
    ),
    Habit(
        "voicexml-1-caching",
        (),
        Effect.BLOCKS,
        what="`caching`, of VoiceXML 1.0",
        here="is not read",
        remedy="Write maxage, in seconds",
        signs=(AttributeSign(".*", "caching"),),
    ),
    Habit(
        "voicexml-1-audio",
        (),
        Effect.BLOCKS,
        what="`audio` around words, without `src`, of VoiceXML 1.0",
        here="has no sound",
        remedy="Leave the tag out, and its words where they are",
        signs=(StructureSign(frozenset({"audio"}), _has_no_sound),),
    ),
    Habit(
        "voicexml-1-events",
        (),
        Effect.DIFFERS,
        what="handlers of `telephone.disconnect`, of VoiceXML 1.0",
        here="is never thrown",
        remedy="Write connection.disconnect.hangup",
        signs=(
            AttributeSign(
                "catch", "event", r"\btelephone\.disconnect\b", shows_value=True
            ),
        ),
    ),
    Habit(
        "voicexml-1-session",
        (),
        Effect.BLOCKS,
        what="`session.telephone.ani`, `session.telephone.dnis`, of VoiceXML 1.0",
        here="is undefined, and what is read of it error.semantic",
        remedy=_FAR_END,
        signs=(CodeSign(r"\bsession\.telephone\b"),),
    ),
    # -- Avaya ---------------------------------------------------------------------
    Habit(
        "avaya-session",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        what="`session.avaya.…`",
        here="is undefined, and what is read of it error.semantic",
        remedy="Write session.connection, or what the request gives session.blueworx.appdata",
        signs=(CodeSign(r"\bsession\.avaya\b"),),
    ),
    Habit(
        "avaya-call-tag",
        (Platform.AVAYA,),
        Effect.DIFFERS,
        what="`session.connection.call_tag`",
        here="is undefined",
        remedy="Write session.id",
        signs=(CodeSign(r"\bsession\.connection\.call_tag\b"),),
    ),
    # -- Blueworx ------------------------------------------------------------------
    Habit(
        "blueworx-outbound-headers",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        what="`setOutboundHeader()`, `clearOutboundHeaders()`, `…protocol.sip.outbound`",
        here="is not there, and so error.semantic",
        remedy="Give headers in the request, or in hints of a CCXML document",
        signs=(
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
        what="`com.cisco.params.…`, `session.mail.…`",
        here="is undefined, and what is read of it error.semantic",
        remedy="Write session.blueworx.appdata.NAME, which is appData of the request",
        signs=(CodeSign(r"\bcom\.cisco\.params\b|\bsession\.mail\b"),),
    ),
    Habit(
        "cisco-elements",
        (Platform.CISCO,),
        Effect.BLOCKS,
        what="`cisco-data`",
        here="is not read",
        remedy="Write <data>",
        signs=(ElementSign("cisco-.*"),),
    ),
    Habit(
        "cisco-attributes",
        (Platform.CISCO,),
        Effect.DIFFERS,
        what="`cisco-dest`, `cisco-longpound`, `cisco-typeaheadflush` and others",
        here="has no effect",
        remedy="Leave it out, and send recordings by <submit>",
        signs=(AttributeSign(".*", "cisco-.*"),),
    ),
    Habit(
        "cisco-properties",
        (Platform.CISCO,),
        Effect.DIFFERS,
        what="properties as `com.cisco.autoflush`",
        here="has no effect",
        remedy="Write a property of the standard, or leave it out",
        signs=(AttributeSign("property", "name", r"^com\.cisco\.", shows_value=True),),
    ),
    # -- Genesys -------------------------------------------------------------------
    Habit(
        "genesys-session",
        (Platform.GENESYS,),
        Effect.BLOCKS,
        what="`session.com.genesyslab.…`",
        here="is undefined, and what is read of it error.semantic",
        remedy="Write session.id, or session.blueworx.appdata.NAME for data of the request",
        signs=(CodeSign(r"\bsession\.com\.genesyslab\b"),),
    ),
    Habit(
        "genesys-attributes",
        (Platform.GENESYS,),
        Effect.DIFFERS,
        what="attributes of its namespace, as `gvp:dest` of `log`",
        here="has no effect",
        remedy="Leave it out",
        signs=(AttributeSign(".*", r"\{[^}]*genesyslab\.com/.*"),),
    ),
    Habit(
        "genesys-properties",
        (Platform.GENESYS,),
        Effect.DIFFERS,
        what="properties as `com.genesyslab.private`",
        here="has no effect",
        remedy="Write a property of the standard, or leave it out",
        signs=(
            AttributeSign("property", "name", r"^com\.genesyslab\.", shows_value=True),
        ),
    ),
    # -- Voxeo ---------------------------------------------------------------------
    Habit(
        "voxeo-session",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="`session.callerid`, `session.calledid`, `session.accountid`, "
        "`session.virtualplatform`",
        here="is undefined",
        remedy=_FAR_END,
        signs=(
            CodeSign(r"\bsession\.(?:callerid|calledid|accountid|virtualplatform)\b"),
        ),
    ),
    Habit(
        "voxeo-elements",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="elements of its namespace, as `voxeo:recordcall`",
        here="is skipped",
        remedy="Leave it out, and record with <record>",
        signs=(ElementSign(namespace=r"voxeo\.com"),),
    ),
    Habit(
        "voxeo-namespace",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`vxml` with the namespace `http://www.w3.org/2001/06/vxml`",
        here="is of a namespace that is not read",
        remedy=f'Write xmlns="{NAMESPACE}"',
        signs=(ElementSign("vxml", namespace=r"/2001/06/vxml$"),),
    ),
    Habit(
        "voxeo-noinput-timeout",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`noinput` with `timeout`",
        here="is not read",
        remedy="Write it at the <prompt>",
        signs=(AttributeSign("noinput", "timeout"),),
    ),
    Habit(
        "voxeo-properties",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="properties of its recogniser, as `com.nuance.client.AllowBargeIn`",
        here="has no effect",
        remedy="Write a property of the standard, as bargein or timeout, or leave it out",
        signs=(AttributeSign("property", "name", r"^com\.nuance\.", shows_value=True),),
    ),
    Habit(
        "voxeo-voice-name",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="the property `voicename`",
        here="names a voice without effect",
        remedy="Write <voice> in the prompt, or xml:lang",
        signs=(ElementSign("property", {"name": "^voicename$"}),),
    ),
    Habit(
        "voxeo-grammars",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="grammars of GSL: `text/gsl`, `application/x-nuance-gsl`",
        here="has a type that is error.unsupported.format",
        remedy='Write the grammar as SRGS in XML with mode="dtmf"',
        signs=(
            ElementSign(
                "grammar", {"type": r"^\s*(text/gsl|application/x-nuance-gsl)"}
            ),
        ),
    ),
    Habit(
        "voxeo-grammar-type",
        (Platform.VOXEO,),
        Effect.TOLERATED,
        what="the type `application/grammar-xml` of grammars, of a draft",
        here="is taken as that of SRGS",
        remedy='Write type="application/srgs+xml"',
        signs=(ElementSign("grammar", {"type": r"^\s*application/grammar-xml\s*$"}),),
    ),
    Habit(
        "sip-headers",
        (Platform.GENESYS, Platform.VOXEO),
        Effect.DIFFERS,
        what="`session.connection.protocol.sip.headers['X-Name']`, with capital letters",
        here="is undefined, for names are in small letters (RFC 5552)",
        remedy="Write sip.headers['x-name']",
        signs=(CodeSign(r"\bprotocol\.sip\.headers\s*\[\s*['\"][^'\"]*[A-Z]"),),
    ),
    # -- Voximal -------------------------------------------------------------------
    Habit(
        "voximal-sounds",
        (Platform.VOXIMAL,),
        Effect.DIFFERS,
        what="`audio` from Asterisk: `application:SayDigits(45)`, `dial:2`, `uri:queue-thankyou`",
        here="is left out",
        remedy="Write a WAV file, or the words with <say-as>",
        signs=(
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
        what="properties as `promptapi`, `promptvoice`, `recognizeapi`, `cdrprompt`",
        here="is a property without effect",
        remedy="Leave it out",
        signs=(
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
        what="`telephone.id`, `telephone.param`",
        here="is declared nowhere, and so error.semantic",
        remedy="Write session.id, or session.blueworx.appdata.NAME for data of the request",
        signs=(CodeSign(r"(?<![\w.$'])telephone\.(?:id|param)\b"),),
    ),
)
"""Each of them was seen in documents, or in what the maker of the platform has published."""
