"""The habits of CCXML documents that were written for other platforms."""

from .vocabulary import NAMESPACE, RULES, Kind
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
        Effect.BLOCKS,
        "`accept`, `reject`, transitions of `connection.alerting`",
        "is for inbound calls, and there are none here",
        "Begin at connection.connected of a makeCall, or with <createcall>",
        (
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
        "`dialogstart` and `dialogprepare` with `conferenceid`",
        "is error.dialog.notstarted or error.dialog.notprepared",
        "Start the dialog on a connection",
        (AttributeSign(_DIALOG, "conferenceid"),),
    ),
    Habit(
        "no-namespace",
        (Platform.BLUEWORX, Platform.VOXEO),
        Effect.TOLERATED,
        "`ccxml` without a namespace",
        "is read as CCXML all the same",
        f'Add xmlns="{NAMESPACE}"',
        (ElementSign("ccxml", is_bare=True),),
    ),
    Habit(
        "event-alias",
        (Platform.BLUEWORX, Platform.VOXEO),
        Effect.TOLERATED,
        '`transition` with `name="evt"`, of a draft',
        "is a second name of event$",
        "Write event$ and leave it out",
        (AttributeSign("transition", "name"),),
    ),
    # -- Avaya ---------------------------------------------------------------------
    Habit(
        "avaya-launch-data",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        "`session.values.avaya.…`, data of the service that launches applications",
        "is undefined, and what is read of it error.semantic",
        "Write session.values.NAME, which is appData of the request",
        (CodeSign(r"\bsession\.values\.avaya\b"),),
    ),
    Habit(
        "avaya-launch-response",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        "`send` with the targettype `avaya_platform`",
        "is error.send.targettypeinvalid",
        "Leave the <send> out, since startApplication is answered by itself",
        (AttributeSign("send", "targettype", "avaya_platform", shows_value=True),),
    ),
    Habit(
        "avaya-call-classification",
        (Platform.AVAYA,),
        Effect.DIFFERS,
        "hints `enable_call_classification`, `call_classification_…`",
        "has no effect",
        "Write the hint bvr_callprogress, an object",
        (CodeSign(r"\b(?:enable_)?call_classification\w*"),),
    ),
    Habit(
        "avaya-call-progress",
        (Platform.AVAYA,),
        Effect.BLOCKS,
        "`event$.info.callprogress` compared with `'live_voice'`, `'recorded_msg'`, "
        "`'msg_end'`, `'start_of_voice'`, `'fax_answer_tone'`, `'sit_tone…'`",
        "is never told",
        "Write amd_human, amd_machine, amd_beep or fax",
        (
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
        "`event$.info.sip.…`",
        "is undefined, and what is read of it error.semantic",
        "Write info.status, info.reason or info.headers",
        (CodeSign(r"\binfo\.sip\b"),),
    ),
    # -- Blueworx ------------------------------------------------------------------
    Habit(
        "blueworx-gateway",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        "dialogs of the type `application/ibm-voice-gateway`",
        "is error.dialog.notstarted",
        "Start a VoiceXML document in its place",
        (AttributeSign(_DIALOG, "type", "ibm-voice-gateway", shows_value=True),),
    ),
    Habit(
        "blueworx-consult",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        "`send` of `bvr.consult`, or of names that begin with `ibmwvr.`",
        "is error.send.failed",
        "Call with <createcall> and transfer with <merge>",
        (
            AttributeSign(
                "send", "name|data", r"""['"](?:bvr\.consult|ibmwvr\.)""", True
            ),
        ),
    ),
    Habit(
        "blueworx-header-variable",
        (Platform.BLUEWORX,),
        Effect.BLOCKS,
        "`var` with a member as its name, `outbound['x-name']`",
        "is not the name of a variable",
        "Write <assign>",
        (AttributeSign("var", "name", r"\[", shows_value=True),),
    ),
    Habit(
        "blueworx-join-hints",
        (Platform.BLUEWORX,),
        Effect.DIFFERS,
        "hints `dtmfclamp`, `dtmftransmitclamp`, `toneclamp`",
        "has no effect",
        "Leave the hint out",
        (CodeSign(r"\b(?:dtmfclamp|dtmftransmitclamp|toneclamp)\b"),),
    ),
    # -- Voxeo ---------------------------------------------------------------------
    Habit(
        "voxeo-event-handler",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "`eventhandler`, of a draft",
        "is not read",
        "Write <eventprocessor>",
        (ElementSign("eventhandler"),),
    ),
    Habit(
        "voxeo-quoted-state",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "`transition` with `state=\"'init'\"`, in quotes as in a draft",
        "is no state that there is, so that the transition never runs",
        "Write the state without quotes",
        (AttributeSign("transition", "state", r"^\s*'.*'\s*$", shows_value=True),),
    ),
    Habit(
        "voxeo-draft-events",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "events of a draft: `connection.CONNECTION_CONNECTED`, `call.CALL_INVALID`",
        "is never told",
        "Write connection.connected, connection.failed or connection.disconnected",
        (
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
        "`send` with `data`, of a draft",
        "is taken as name",
        "Write name",
        (AttributeSign("send", "data"),),
    ),
    Habit(
        "voxeo-event-as-name",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        '`send` with `name="event$"`',
        "is an object and no name, and so error.semantic",
        "Write event$.name",
        (AttributeSign("send", "name|data", r"^\s*event\$\s*$", shows_value=True),),
    ),
    Habit(
        "voxeo-call-progress",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "`createcall` with `voxeo-cpa-…`",
        "has no effect",
        "Write the hint bvr_callprogress, an object",
        (AttributeSign("createcall", "voxeo-cpa-.*"),),
    ),
    Habit(
        "voxeo-call-progress-event",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "transitions of `voxeo.cpa.result`",
        "is never told",
        "Write bvr.callprogress, with amd_human, amd_machine, amd_beep or fax as type",
        (AttributeSign("transition", "event", r"^voxeo\.", shows_value=True),),
    ),
    Habit(
        "voxeo-termination-digits",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "`join` with `voxeo-termdigits`",
        "has no effect",
        "Write <unjoin> in a transition of connection.signal, whose info.digit is a digit",
        (AttributeSign("join", "voxeo-termdigits"),),
    ),
    Habit(
        "voxeo-elements",
        (Platform.VOXEO,),
        Effect.DIFFERS,
        "elements of its namespace, as `voxeo:sendemail`",
        "is skipped",
        "Write <send> by basichttp to a server that does it",
        (ElementSign(namespace=r"voxeo\.com"),),
    ),
    Habit(
        "voxeo-foreach",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "`foreach`",
        "is no element of CCXML",
        "Write the loop in a <script>",
        (ElementSign("foreach"),),
    ),
    Habit(
        "voxeo-record-call",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "`_RecordCall()` of a connection",
        "is no function, and so error.semantic",
        "Record in a dialog",
        (CodeSign(r"\b_RecordCall\s*\("),),
    ),
    Habit(
        "voxeo-sip-headers",
        (Platform.VOXEO,),
        Effect.BLOCKS,
        "`event$.connection.protocol.sip.headers['Call-ID']`",
        "is undefined, and what is read of it error.semantic",
        "Write protocol.sip['call-id'].value, in small letters",
        (CodeSign(r"\bprotocol\.sip\.headers\b"),),
    ),
)
"""Each of them was seen in documents, or in what the maker of the platform has published."""
