"""How long records and events are kept where a test is about something else."""

from engine.records.housekeeping import Retention

FOREVER = Retention(records_s=1e6, events_s=1e6, events=1_000_000)
