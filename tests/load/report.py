"""What a load shows: how it stands each second, and one table at its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live as Screen
from rich.table import Table

from tests.load.percentiles import Spread
from tests.load.processes import Taken
from tests.load.run import Live, Report, Watcher

PIPED_WIDTH = 140
PIPED_S = 5.0  # between two lines where nobody looks at a terminal


def console_for(*, prints_json: bool) -> Console:
    """Where to show it: on standard error if standard output is for JSON."""
    console = Console(stderr=prints_json)
    return (
        console
        if console.is_terminal
        else Console(stderr=prints_json, width=PIPED_WIDTH)
    )


@contextmanager
def show_progress(console: Console) -> Iterator[Watcher]:
    """Show how a load stands: on a terminal in place, else in a line from time to time."""
    if not console.is_terminal:
        yield _lines(console)
        return
    with Screen(console=console, transient=True, auto_refresh=False) as screen:
        yield lambda live: screen.update(standing(live), refresh=True)


def _lines(console: Console) -> Watcher:
    last = time.monotonic()

    def show(live: Live) -> None:
        nonlocal last
        if time.monotonic() - last >= PIPED_S - 0.5:
            last = time.monotonic()
            console.print(in_a_line(live), soft_wrap=True, highlight=False)

    return show


def in_a_line(live: Live) -> str:
    """How it stands."""
    now = live.progress
    results = ", ".join(
        f"{count} {name}" for name, count in sorted(now.results.items())
    )
    missed = f", {now.not_offered} not offered" if now.not_offered else ""
    return (
        f"{now.passed_s:5.0f} s  {now.sent} requests{missed}, {now.outstanding} ringing,"
        f" {live.connected} connected; {results or 'no answers'}{_added(now.recent)}"
    )


def _added(recent: Spread) -> str:
    if not recent.count:
        return ""
    return f"; added {recent.p50:.1f} ms (p50), {recent.p99:.1f} ms (p99)"


def standing(live: Live) -> Table:
    """How the load stands, as a table for the screen."""
    now = live.progress
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("passed", f"{now.passed_s:.0f} s")
    table.add_row("requests", f"{now.sent} sent, {now.not_offered} not offered")
    table.add_row("calls", f"{now.outstanding} ringing, {live.connected} connected")
    for name, count in sorted(now.results.items()):
        table.add_row(name, str(count))
    recent = (
        f"{now.recent.p50:.1f} ms p50, {now.recent.p99:.1f} ms p99 in the last second"
    )
    table.add_row("latency added", recent)
    return table


def table_of(report: Report) -> Table:
    """The table at the end."""
    table = Table(title=f"{report.offer}, {report.platform}", title_justify="left")
    table.add_column("what")
    table.add_column("figure")
    for what, figure in rows(report):
        table.add_row(what, figure)
    return table


def rows(report: Report) -> Iterator[tuple[str, str]]:
    """The rows of the table of *report*: what, and how much."""
    summary, verdict = report.summary, report.verdict
    offered = f"{summary.offered}, {summary.offered / summary.seconds:.1f}/s"
    missed = f"; {summary.not_offered} of them not sent" if summary.not_offered else ""
    yield "requests offered", offered + missed
    yield "achieved: as their callees had it, in time", f"{report.achieved_rate:.1f}/s"
    for outcome, results in summary.results.items():
        for result, count in sorted(results.items(), key=lambda counted: -counted[1]):
            yield f"{outcome}", f"{count} {result}"
    if summary.unanswered:
        yield "no answer from the dialer", str(summary.unanswered)
    yield "HTTP in to INVITE out", _spread(summary.http_to_invite)
    yield "2xx in to HTTP out, with HTTP itself", _spread(summary.ok_to_http)
    yield "both together: added by us", _spread(summary.added)
    yield "whole request, answered", _spread(summary.whole)
    yield "of which the driver was late", _spread(summary.late)
    for group in report.taken:
        yield f"CPU of {group.name}", _cpu(group, report)
    yield (
        "CPU of the driver",
        f"{summary.cpu_s * 1e6 / max(summary.sent, 1):.0f} µs a request",
    )
    for group in report.dialer:
        yield f"memory of {group.name}", memory(group)
    far_ends = report.callees.values()
    yield (
        "sent again by the dialer",
        str(sum(figures.by_dialer for figures in far_ends)),
    )
    yield "sent again by callees", str(sum(figures.by_callee for figures in far_ends))
    if report.silent_messages:
        yield "messages to nobody", str(report.silent_messages)
    yield "calls, records", f"{verdict.calls}, {verdict.records}"
    yield (
        "records missing, repeated, unasked",
        (f"{verdict.missing}, {verdict.repeated}, {verdict.unasked}"),
    )
    yield "terminal events lost", str(verdict.unended)
    yield "ends forced", str(verdict.forced)
    yield (
        "left: calls, slots, SIP legs",
        (f"{report.calls_left}, {report.slots_left}, {report.legs_left}"),
    )
    for line in report.warnings:
        yield "logged", line


def _spread(spread: Spread) -> str:
    return (
        f"{spread.p50:.1f}, {spread.p95:.1f}, {spread.p99:.1f} ms"
        f" (p50, p95, p99 of {spread.count})"
    )


def _cpu(group: Taken, report: Report) -> str:
    return (
        f"{report.cpu_ms(group.name):.3f} ms a call, {group.core * 100:.0f} % of a core"
    )


def memory(group: Taken) -> str:
    """The row of a group of processes: when steady, at the end and at the most."""
    steady = (
        ""
        if group.steady_mb is None
        else f"{group.steady_mb:.0f} MB after {group.steady_s:.0f} s, "
    )
    return f"{steady}{group.memory_mb:.0f} MB at the end, {group.most_mb:.0f} MB at the most"
