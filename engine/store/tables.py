"""The tables: one for each kind of object, the pauses of objects, the records, the events,
the recordings, the kept answers, the contacts and attempts of campaigns, and counters.

There are no foreign keys: an object may name another that does not exist (yet), and
records outlive the objects that they name.
"""

import time

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA = "0014_since_0007"
"""The newest revision in ``migrations``: the state that these tables describe."""

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    Column("call_limit", Integer),
    Column("calls_per_second", Double),
    Column("auth_token", Text),
)
application = Table(
    "application",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("account"),
    _text("type"),
    Column("uri", Text),
    Column("call_limit", Integer),
    Column("calls_per_second", Double),
    Column("start_limit_ms", Integer, nullable=False),
    Column("ring_timeout_ms", Integer),
    Column("max_duration_ms", Integer),
    _text("on_wait_timeout"),
    _text("on_client_disconnect"),
    Column("answer_after_call_progress", Boolean, nullable=False, default=False),
    Column("proxy_group", Text),
    Column("stream", JSON(none_as_null=True)),
    Column("record", Text, nullable=False, server_default="never"),
)
key = Table(
    "key",
    metadata,
    Column("sha256", Text, primary_key=True),
    _text("application"),
    Column("enabled", Boolean, nullable=False),
    Column("created", Double, nullable=False, default=time.time),
    Column("last_used", Double),
)
rule = Table(
    "rule",
    metadata,
    Column("pattern", Text, primary_key=True),
    Column("allow", Boolean, nullable=False),
)
proxy = Table(
    "proxy",
    metadata,
    Column("id", Text, primary_key=True),
    _text("description"),
    _text("mode"),
    _text("address"),
    Column("priority", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("caller_id", Text),
    _text("rtp_mode"),
    Column("call_limit", Integer),
    Column("calls_per_second", Double),
    Column("ping_interval_ms", Integer),
    Column("down_retry_ms", Integer, nullable=False),
    Column("first_response_ms", Integer, nullable=False, server_default="4000"),
    Column("progress_timeout_ms", Integer),
    Column("headers", JSON, nullable=False),
)
group = Table(
    "group",
    metadata,
    Column("id", Text, primary_key=True),
    Column("members", JSON, nullable=False),
    Column("failover", JSON, nullable=False),
    Column("default", Boolean, nullable=False),
)
header = Table(
    "header",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("value"),
    _text("request"),
)
credential = Table(
    "credential",
    metadata,
    Column("realm", Text, primary_key=True),
    _text("username"),
    _text("ha1"),
    _text("qop"),
)
webhook = Table(
    "webhook",
    metadata,
    Column("id", Text, primary_key=True),
    _text("uri"),
    Column("account", Text),
    Column("application", Text),
    Column("events", JSON, nullable=False),
    Column("by_hint", Boolean, nullable=False),
    Column("masked", Boolean, nullable=False),
    Column("secrets", JSON, nullable=False),
)
campaign = Table(
    "campaign",
    metadata,
    Column("id", Text, primary_key=True),
    _text("description"),
    _text("application"),
    Column("pace", JSON, nullable=False),
    Column("retries", JSON, nullable=False),
    Column("windows", JSON, nullable=False),
    Column("default_zone", Text),
    Column("holidays", Text),
    Column("suppressions", JSON, nullable=False),
    Column("opt_out", JSON(none_as_null=True)),
    Column("caller_ids", Text),
    _text("caller_id_choice"),
    Column("breaker", JSON, nullable=False),
    Column("hints", JSON, nullable=False),
)
caller_ids = Table(
    "caller_ids",
    metadata,
    Column("id", Text, primary_key=True),
    Column("numbers", JSON, nullable=False),
    Column("daily_cap", Integer),
    Column("rest_after", Integer),
    Column("min_answer_rate", Double),
    Column("rest_s", Integer, nullable=False),
)
window_rule = Table(
    "window_rule",
    metadata,
    Column("id", Text, primary_key=True),
    Column("prefixes", JSON, nullable=False),
    Column("windows", JSON, nullable=False),
    Column("max_per_day", Integer),
    _text("source"),
    _text("as_of"),
)
licence = Table(
    "licence",
    metadata,
    Column("id", Text, primary_key=True),  # there is one
    Column("calls", Integer),
)

pause = Table(
    "pause",
    metadata,
    Column("table", Text, primary_key=True),
    Column("identity", Text, primary_key=True),
    Column("since", Double, nullable=False),
    _text("reason"),
    _text("by"),
)

counter = Table(
    "counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
OBJECTS, RECORDS, PING, EVENTS = "objects", "records", "ping", "events"
"""The counters: version of the objects, last change of records, test writes (ping), last
event."""

record = Table(
    "record",
    metadata,  # columns as the fields of Record, in their order
    Column("id", Text, primary_key=True),
    Column("received", Double, nullable=False),
    _text("node"),
    Column("application_uuid", Text),
    Column("account", Text),
    Column("application", Text),
    Column("action", Text),
    _text("direction"),
    _text("launched_type"),
    Column("to", Text),
    Column("from_uri", Text),
    Column("ani", Text),
    Column("dnis", Text),
    Column("result", Text),
    Column("wait_ran_out", Boolean, nullable=False),
    Column("client_result", Text),
    Column("detail", Text),
    Column("disposition", Text),
    Column("refused_by", Text),
    Column("hangup_by", Text),
    Column("end_requester", Text),
    Column("sip_status", Integer),
    Column("sip_reason", Text),
    Column("sip_origin", Text),
    Column("q850_cause", Integer),
    Column("hangup_text", Text),
    Column("headers", Text),  # JSON, written and read as text
    Column("call_id", Text),
    Column("proxy", Text),
    Column("attempts", Text),  # JSON
    Column("termination_reason", Text),
    Column("application_end", Text),
    Column("application_error", Text),
    Column("answered_after_cancel", Boolean, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("admitted", Double),
    Column("invite", Double),
    Column("trying", Double),
    Column("ringing", Double),
    Column("answered", Double),
    Column("ack", Double),
    Column("cancel", Double),
    Column("bye", Double),
    Column("ended", Double),
    Column("call_progress", Text),  # JSON
    Column("stream", Text),  # JSON
    Column("recordings", Text),  # JSON
    Column("campaign", Text),
    Column("contact", Text),
    Column("campaign_outcome", Text),
    Column("ladder", Text),
    # Counts up in the order in which transactions commit: what followers go by.
    Column("change", BigInteger, nullable=False),
)
Index("record_change", record.c.change, unique=True)
Index("record_received", record.c.received, record.c.id)
Index("record_application_uuid", record.c.application_uuid)
Index("record_call_id", record.c.call_id)
# Only of those without an end: the migration says so, in the words of each database.
Index("record_live", record.c.received, record.c.id)

event = Table(
    "event",
    metadata,
    # Counts up in the order in which transactions commit: what followers go by.
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    _text("call"),
    Column("received", Double, nullable=False),
    Column("application_uuid", Text),
    Column("account", Text),
    Column("application", Text),
    Column("webhook", Text),
    Column("traceparent", Text),
    Column("seq", Integer, nullable=False),
    Column("at", Double, nullable=False),
    _text("type"),
    _text("data"),  # JSON, written and read as text
)
# The events of a call are found by when it was asked for, as its record tells: an index of
# ids, which are random, would cost more than all else that is written for a call.
Index("event_received", event.c.received)

webhook_cursor = Table(
    "webhook_cursor",
    metadata,
    Column("webhook", Text, primary_key=True),
    # Every event up to it was taken, or has a row in ``delivery``.
    Column("position", BigInteger, nullable=False),
    # The process that delivers, until then unless it says more, in seconds since 1970.
    Column("holder", Text),
    Column("expires", Double, nullable=False),
    # Counts what others have changed: who delivers reads all of it again then.
    Column("revision", Integer, nullable=False),
)

export_cursor = Table(
    "export_cursor",
    metadata,
    Column("target", Text, primary_key=True),
    # Every event up to it was taken.
    Column("position", BigInteger, nullable=False),
    # The process that exports, until then unless it says more, in seconds since 1970.
    Column("holder", Text),
    Column("expires", Double, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("webhook", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    _text("state"),
    Column("tries", Integer, nullable=False),
    Column("first_try", Double),
    Column("due", Double, nullable=False),
    Column("status", Integer),
    Column("error", Text),
)

recording = Table(
    "recording",
    metadata,  # columns as the fields of RecordingEntry, in their order
    Column("id", Text, primary_key=True),
    _text("call"),
    _text("node"),
    Column("started", Double, nullable=False),
    Column("application_uuid", Text),
    Column("account", Text),
    Column("application", Text),
    _text("kind"),
    Column("channels", Integer, nullable=False),
    _text("state"),
    Column("duration_ms", Integer),
    Column("size", BigInteger),
    Column("reason", Text),
    Column("file", Text),
    Column("url", Text),
    Column("tries", Integer, nullable=False),
    Column("first_try", Double),
    Column("due", Double),
    Column("local_until", Double),
    Column("remote_until", Double),
    Column("error", Text),
)
Index("recording_started", recording.c.started, recording.c.id)
Index("recording_call", recording.c.call)
Index("recording_due", recording.c.node, recording.c.due)

request = Table(
    "request",
    metadata,
    Column("key_digest", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    _text("application_uuid"),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("created", Double, nullable=False),
    # The process that owes the answer; NULL: the record has it, if anything does.
    Column("owner", Text),
)
Index("request_created", request.c.created)
# Only of those without an answer, see ``record_live``.
Index("request_open", request.c.owner)

campaign_run = Table(
    "campaign_run",
    metadata,  # columns as the fields of CampaignRun, in their order
    Column("campaign", Text, primary_key=True),
    _text("state"),
    Column("changed", Double, nullable=False),
    Column("reason", Text),
    Column("started", Double),
    # The process that reserves its attempts, until then unless it says more.
    Column("holder", Text),
    Column("expires", Double, nullable=False),
    Column("revision", Integer, nullable=False),
)
campaign_count = Table(
    "campaign_count",
    metadata,  # what is counted of its contacts and attempts, in the transactions that change them
    Column("campaign", Text, primary_key=True),
    # Days since 1970, UTC, on which the attempts ended; 0 for what is counted of contacts.
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
contact = Table(
    "contact",
    metadata,  # columns as the fields of ContactEntry, in their order
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _text("campaign"),
    _text("key"),
    _text("numbers"),  # JSON, written and read as text
    _text("state"),
    Column("due", Double, nullable=False),
    Column("zone", Text),
    Column("region", Text),
    Column("priority", Integer, nullable=False),
    Column("not_before", Double),
    Column("not_after", Double),
    Column("parameters", Text),
    Column("number", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("last_outcome", Text),
    Column("end", Text),
    Column("caller_id", Text),
    Column("invalid", Integer, nullable=False),
)
Index("contact_key", contact.c.campaign, contact.c.key, unique=True)
# Only of those that wait: what is reserved next stands at the front of each priority.
Index("contact_due", contact.c.campaign, contact.c.priority, contact.c.due)
attempt = Table(
    "attempt",
    metadata,  # columns as the fields of AttemptEntry, in their order
    Column("contact", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _text("campaign"),
    _text("key"),
    _text("number"),
    _text("call"),
    Column("reserved", Double, nullable=False),
    _text("node"),
    Column("not_after", Double),
    Column("caller_id", Text),
    Column("outcome", Text),
    Column("sip_status", Integer),
    Column("answered", Double),
    Column("greeting_end", Double),
    Column("agent_at", Double),
    Column("agent", Text),
    Column("ended", Double),
)
Index("attempt_call", attempt.c.call, unique=True)
Index("attempt_number", attempt.c.number, attempt.c.reserved)
Index("attempt_campaign", attempt.c.campaign, attempt.c.reserved)
# Only of those without an end.
Index("attempt_open", attempt.c.campaign, attempt.c.reserved)
suppression = Table(
    "suppression",
    metadata,  # columns as the fields of Suppression, in their order
    Column("list", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("added", Double, nullable=False),
    Column("until", Double),
    _text("source"),
    _text("proof"),
)
caller_id_use = Table(
    "caller_id_use",
    metadata,  # columns as the fields of CallerIdUse, in their order
    _text("pool"),
    Column("number", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("last_used", Double, nullable=False),
    Column("resting_until", Double),
)
agent = Table(
    "agent",
    metadata,  # columns as the fields of AgentEntry, in their order
    Column("campaign", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    _text("state"),
    Column("since", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("endpoint", Text),
    Column("call", Text),
)
