"""The habits of CCXML documents that were written for other platforms."""

from .vocabulary import RULES, Kind
from .xml.habits import (
    AttributeSign,
    CodeSign,
    Effect,
    ElementSign,
    Habit,
    Platform,
)
from .xml.xml_tree import Node

_CODE = {Kind.EXPRESSION, Kind.TARGET, Kind.NAMES}
_DIALOG = "dialogstart|dialogprepare"


def is_code(node: Node, name: str) -> bool:
    """Whether the attribute *name* of *node* is ECMAScript."""
    rule = RULES.get(node.name)
    attribute = rule.attributes.get(name) if rule else None
    return attribute is not None and attribute.kind in _CODE


HABITS: tuple[Habit, ...] = (
    Habit(
        "inbound-calls",
        (),
        Effect.DIFFERS,
        what="`accept`, `reject`, transitions of `connection.alerting`",
        here="is for inbound calls, and there are none here",
        remedy="Begin at connection.connected of a makeCall, or with <createcall>",
        signs=(
            ElementSign("accept|reject"),
            AttributeSign(
                "transition", "event", r"^connection\.alerting$", shows_value=True
            ),
        ),
    ),
    Habit(
        "dialog-on-conference",
        (),
        Effect.BLOCKS,
        what="`dialogstart` and `dialogprepare` with `conferenceid`",
        here="is error.dialog.notstarted or error.dialog.notprepared",
        remedy="Start the dialog on a connection",
        signs=(AttributeSign(_DIALOG, "conferenceid"),),
    ),
    Habit(
        "event-alias",
        (Platform.BLUEWORX, Platform.VOXEO),
        Effect.TOLERATED,
        what='`transition` with `name="evt"`, of a draft',
        here="is a second name of event$",
        remedy="Write event$",
        signs=(AttributeSign("transition", "name"),),
    ),
    # -- Avaya ---------------------------------------------------------------------
    Habit(
        "avaya-launch-data",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        what="`session.values.avaya.…`, data of the service that launches applications",
        here="is undefined, and what is read of it error.semantic",
        remedy="Write session.values.NAME, which is appData of the request",
        signs=(CodeSign(r"\bsession\.values\.avaya\b"),),
    ),
    Habit(
        "avaya-launch-response",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        what="`send` with the targettype `avaya_platform`",
        here="is error.send.targettypeinvalid",
        remedy="Leave the <send> out, since startApplication is answered by itself",
        signs=(
            AttributeSign("send", "targettype", "avaya_platform", shows_value=True),
        ),
    ),
    Habit(
        "avaya-call-classification",
        (Platform.AVAYA,),
        Effect.DIFFERS,
        what="hints `enable_call_classification`, `call_classification_…`",
        here="has no effect",
        remedy="Write the hint bvr_callprogress, an object",
        signs=(CodeSign(r"\b(?:enable_)?call_classification\w*"),),
    ),
    Habit(
        "avaya-call-progress",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        what="`event$.info.callprogress` compared with `'live_voice'`, `'recorded_msg'`, "
        "`'msg_end'`, `'start_of_voice'`, `'fax_answer_tone'`, `'sit_tone…'`",
        here="is never told",
        remedy="Write amd_human, amd_machine, amd_beep or fax",
        signs=(
            CodeSign(
                r"""['"](?:live_voice|recorded_msg|msg_end|start_of_voice"""
                r"""|fax_answer_tone|busy_tone|sit_tone\w*)['"]"""
            ),
        ),
    ),
    Habit(
        "avaya-sip-info",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        what="`event$.info.sip.…`",
        here="is undefined, and what is read of it error.semantic",
        remedy="Write info.status, info.reason or info.headers",
        signs=(CodeSign(r"\binfo\.sip\b"),),
    ),
    # -- Blueworx ------------------------------------------------------------------
    Habit(
        "blueworx-gateway",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        what="dialogs of the type `application/ibm-voice-gateway`",
        here="is error.dialog.notstarted",
        remedy="Start a VoiceXML document in its place",
        signs=(AttributeSign(_DIALOG, "type", "ibm-voice-gateway", shows_value=True),),
    ),
    Habit(
        "blueworx-consult",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        what="`send` of `bvr.consult`, or of names that begin with `ibmwvr.`",
        here="is error.send.failed",
        remedy="Call with <createcall> and transfer with <merge>",
        signs=(
            AttributeSign(
                "send", "name|data", r"""['"](?:bvr\.consult|ibmwvr\.)""", True
            ),
        ),
    ),
    Habit(
        "blueworx-header-variable",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        what="`var` with a member as its name, `outbound['x-name']`",
        here="is not the name of a variable",
        remedy="Write <assign>",
        signs=(AttributeSign("var", "name", r"\[", shows_value=True),),
    ),
    Habit(
        "blueworx-join-hints",
        (Platform.BLUEWORX,),
        Effect.DIFFERS,
        what="hints `dtmfclamp`, `dtmftransmitclamp`, `toneclamp`",
        here="has no effect",
        remedy="Leave the hint out",
        signs=(CodeSign(r"\b(?:dtmfclamp|dtmftransmitclamp|toneclamp)\b"),),
    ),
    # -- Voxeo ---------------------------------------------------------------------
    Habit(
        "voxeo-event-handler",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`eventhandler`, of a draft",
        here="is not read",
        remedy="Write <eventprocessor>",
        signs=(ElementSign("eventhandler"),),
    ),
    Habit(
        "voxeo-quoted-state",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`transition` with `state=\"'init'\"`, in quotes as in a draft",
        here="is no state that there is, so that the transition never runs",
        remedy="Write the state without quotes",
        signs=(
            AttributeSign("transition", "state", r"^\s*'.*'\s*$", shows_value=True),
        ),
    ),
    Habit(
        "voxeo-draft-events",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="events of a draft: `connection.CONNECTION_CONNECTED`, `call.CALL_INVALID`",
        here="is never told",
        remedy="Write connection.connected, connection.failed or connection.disconnected",
        signs=(
            AttributeSign(
                "transition",
                "event",
                r"^(?:connection\.CONNECTION_|call\.CALL_)",
                shows_value=True,
            ),
        ),
    ),
    Habit(
        "voxeo-send-data",
        (Platform.VOXEO,),
        Effect.TOLERATED,
        what="`send` with `data`, of a draft",
        here="is taken as name",
        remedy="Write name",
        signs=(AttributeSign("send", "data"),),
    ),
    Habit(
        "voxeo-event-as-name",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what='`send` with `name="event$"`',
        here="is an object and no name, and so error.semantic",
        remedy="Write event$.name",
        signs=(
            AttributeSign("send", "name|data", r"^\s*event\$\s*$", shows_value=True),
        ),
    ),
    Habit(
        "voxeo-call-progress",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="`createcall` with `voxeo-cpa-…`",
        here="has no effect",
        remedy="Write the hint bvr_callprogress, an object",
        signs=(AttributeSign("createcall", "voxeo-cpa-.*"),),
    ),
    Habit(
        "voxeo-call-progress-event",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="transitions of `voxeo.cpa.result`",
        here="is never told",
        remedy="Write bvr.callprogress, with amd_human, amd_machine, amd_beep or fax as type",
        signs=(AttributeSign("transition", "event", r"^voxeo\.", shows_value=True),),
    ),
    Habit(
        "voxeo-termination-digits",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="`join` with `voxeo-termdigits`",
        here="has no effect",
        remedy="Write <unjoin> in a transition of connection.signal, whose info.digit is a digit",
        signs=(AttributeSign("join", "voxeo-termdigits"),),
    ),
    Habit(
        "voxeo-elements",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        what="elements of its namespace, as `voxeo:sendemail`",
        here="is skipped",
        remedy="Write <send> by basichttp to a server that does it",
        signs=(ElementSign(namespace=r"voxeo\.com"),),
    ),
    Habit(
        "voxeo-foreach",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`foreach`",
        here="is no element of CCXML",
        remedy="Write the loop in a <script>",
        signs=(ElementSign("foreach"),),
    ),
    Habit(
        "voxeo-record-call",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`_RecordCall()` of a connection",
        here="is no function, and so error.semantic",
        remedy="Record in a dialog",
        signs=(CodeSign(r"\b_RecordCall\s*\("),),
    ),
    Habit(
        "voxeo-sip-headers",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        what="`event$.connection.protocol.sip.headers['Call-ID']`",
        here="is undefined, and what is read of it error.semantic",
        remedy="Write protocol.sip['call-id'].value, in small letters",
        signs=(CodeSign(r"\bprotocol\.sip\.headers\b"),),
    ),
)
"""Each of them was seen in documents, or in what the maker of the platform has published."""
