"""Whatever a document says and a caller does: nothing but commands comes out, and an end."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vxml import ParseError, parse
from vxml import commands as c
from vxml.interpreter.control_flow import RecordingResult
from vxml.interpreter.limits import Limits
from vxml.interpreter.session import Session, SessionInfo

from .playing import HEAD

LIMITS = Limits(steps=200, moves=20, documents=10, depth=3, age_s=100.0)
TARGETS = st.sampled_from(["#a", "#b", "#gone", "next", "", "#", "//", "a b"])
EXPRESSIONS = st.sampled_from(
    [
        "1",
        "x",
        "y.z",
        "'#b'",
        "undefined",
        "[1, 2]",
        "null",
        "1 +",
        "f()",
        "x$.utterance",
    ]
)
NAMES = st.sampled_from(["x", "y", "z", "session"])
EVENTS = st.sampled_from(
    ["noinput", "error", "help", "mine", "exit", "connection.disconnect"]
)

SIMPLE = st.one_of(
    st.builds("<goto next='{}'/>".format, TARGETS),
    st.builds("<goto nextitem='{}'/>".format, NAMES),
    st.builds("<submit next='{}'/>".format, TARGETS),
    st.builds("<throw event='{}'/>".format, EVENTS),
    st.builds('<throw eventexpr="{}"/>'.format, EXPRESSIONS),
    st.builds('<log expr="{}"/>'.format, EXPRESSIONS),
    st.builds("<var name='{}' expr=\"{}\"/>".format, NAMES, EXPRESSIONS),
    st.builds("<assign name='{}' expr=\"{}\"/>".format, NAMES, EXPRESSIONS),
    st.builds("<clear namelist='{}'/>".format, NAMES),
    st.builds('<exit expr="{}"/>'.format, EXPRESSIONS),
    st.builds("<return namelist='{}'/>".format, NAMES),
    st.builds("<prompt bargein='false'>{}<mark name='m'/>b</prompt>".format, NAMES),
    st.builds('<value expr="{}"/>'.format, EXPRESSIONS),
    st.builds('<audio expr="{}">x</audio>'.format, EXPRESSIONS),
    st.builds("<script>var {} = 1;</script>".format, NAMES),
    st.builds("<data name='{}' src='d'/>".format, NAMES),
    st.sampled_from(["<reprompt/>", "<disconnect/>", "<clear/>", "<return/>", "text"]),
)
ACTIONS = st.recursive(
    st.lists(SIMPLE, max_size=3).map("".join),
    lambda inner: st.one_of(
        st.builds('<if cond="{}">{}<else/>{}</if>'.format, EXPRESSIONS, inner, inner),
        st.builds(
            "<foreach item='z' array=\"{}\">{}</foreach>".format, EXPRESSIONS, inner
        ),
    ),
    max_leaves=3,
)
CATCHES = st.builds("<catch event='{}'>{}</catch>".format, EVENTS, ACTIONS)
GRAMMAR = (
    "<grammar mode='dtmf'><rule id='r'>1 <item repeat='0-2'>2</item></rule></grammar>"
)
INSIDE = st.builds(
    "<prompt>p</prompt>{}<filled>{}</filled>".format,
    st.one_of(st.just(""), CATCHES),
    ACTIONS,
)
ITEMS = st.one_of(
    st.builds("<block>{}</block>".format, ACTIONS),
    st.builds(
        "<field name='{}' type='digits?length=2'>{}</field>".format, NAMES, INSIDE
    ),
    st.builds(
        "<field name='x' expr=\"{}\">{}{}</field>".format,
        EXPRESSIONS,
        st.just(GRAMMAR),
        INSIDE,
    ),
    st.builds("<record name='{}'>{}</record>".format, NAMES, INSIDE),
    st.builds(
        "<transfer name='{}' dest='tel:1' bridge='true'>{}{}</transfer>".format,
        NAMES,
        st.just(GRAMMAR),
        INSIDE,
    ),
    st.builds(
        "<subdialog name='{}' src='{}'>{}</subdialog>".format, NAMES, TARGETS, INSIDE
    ),
)
FORMS = st.builds(
    "<form id='{}' scope='{}'>{}{}{}</form>".format,
    st.just("{}"),
    st.sampled_from(["dialog", "document"]),
    st.sampled_from(["", GRAMMAR]),
    st.one_of(st.just(""), CATCHES),
    st.lists(ITEMS, max_size=3).map("".join),
)
MENUS = st.builds(
    "<menu id='{}' dtmf='true'><choice next='{}'>c</choice>{}</menu>".format,
    st.just("{}"),
    TARGETS,
    CATCHES,
)
DIALOGS = st.one_of(FORMS, MENUS)
BODIES = st.builds(
    lambda first, second, rest: rest + first.format("a") + second.format("b"),
    DIALOGS,
    DIALOGS,
    st.sampled_from(
        [
            "",
            "<var name='x' expr='1'/>",
            "<link dtmf='2' event='mine'/>",
            "<catch>c</catch>",
        ]
    ),
)
HAPPENINGS = st.lists(
    st.sampled_from(["1", "2", "12", "#", "*", "done", "late", "hangup", "event"]), max_size=12
)  # fmt: skip


class Caller:
    """Does things to a session, and answers what it asks for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = 0.0
        self.asked: dict[str, c.Command] = {}
        self.ends = 0

    def take(self, commands: list[c.Command]) -> None:
        """Remember what was asked for."""
        for command in commands:
            assert isinstance(command, c.Command)
            assert not self.ends
            self.ends += isinstance(command, c.Exited)
            self.asked[type(command).__name__] = command

    def do(self, what: str) -> None:
        """Something happens."""
        if what == "hangup":
            self.take(self.session.on_hung_up(self.now))
        elif what == "event":
            self.take(self.session.receive("mine", self.now))
        elif what == "late":
            self.now = max(self.now, self.session.next_timer() or 0.0)
            self.take(self.session.handle_timer(self.now))
        elif what == "done":
            self.finish()
        else:
            for key in what:
                self.take(self.session.on_key(key, self.now))

    def finish(self) -> None:
        """All that was asked for is done, well or not."""
        for name, command in [*self.asked.items()]:
            self.asked.pop(name, None)
            match command:
                case c.Play():
                    self.take(self.session.on_played(command.number, self.now))
                case c.Fetch(kind="data"):
                    self.take(
                        self.session.on_fetched(command.number, b"<d/>", self.now)
                    )
                case c.Fetch():
                    self.take(
                        self.session.on_fetch_failed(command.number, "no", self.now)
                    )
                case c.Record():
                    recorded = RecordingResult(c.Recording("r", 1.0, 1), "1")
                    self.take(
                        self.session.on_recorded(command.number, recorded, self.now)
                    )
                case c.JoinStream():
                    self.take(
                        self.session.on_stream_over(command.number, "closed", self.now)
                    )
                case c.Transfer():
                    self.take(
                        self.session.on_transferred(command.number, "busy", self.now)
                    )


@settings(max_examples=150, deadline=None)
@given(BODIES, HAPPENINGS)
def test_any_document(body: str, happenings: list[str]) -> None:
    try:
        document = parse(f"{HEAD}{body}</vxml>", uri="http://here.example/")
    except ParseError:
        return
    session = Session(document, SessionInfo("S"), limits=LIMITS)
    try:
        caller = Caller(session)
        caller.take(session.start(0.0))
        for what in happenings:
            caller.do(what)
        for _ in range(200):
            caller.do("done")
            caller.do("late")
        assert session.is_finished
        assert caller.ends == 1
    finally:
        session.close()
