"""The dashboard of the lab: its queries, and what a Prometheus answers to them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

LAB = Path(__file__).parents[2] / "lab"

Series = dict[str, Any]
_NAME = re.compile(r"\boutring_\w+")
_BY = re.compile(r"\bby \(([^)]*)\)")
_SHOWN = re.compile(r"{{(\w+)}}")
_SUFFIXES = ("_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a panel."""

    panel: str
    text: str
    legend: str

    @property
    def metrics(self) -> set[str]:
        """The metrics that it asks for."""
        return set(_NAME.findall(self.text))

    @property
    def labels(self) -> set[str]:
        """The labels that what it gives must have: those of ``by``, those of the legend."""
        grouped = [
            name.strip() for by in _BY.findall(self.text) for name in by.split(",")
        ]
        shown = _SHOWN.findall(self.legend)
        return {*grouped, *shown} - {"le"}


def queries() -> list[Query]:
    """All queries of the dashboard."""
    panels = json.loads((LAB / "grafana/outring.json").read_text())["panels"]
    return [
        Query(panel["title"], target["expr"], target["legendFormat"])
        for panel in panels
        for target in panel["targets"]
    ]


def exposed(text: str) -> set[str]:
    """Names of the series that *text*, in Prometheus's format, describes."""
    names: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE):
        names.add(name)
        if kind == "histogram":
            names |= {name + suffix for suffix in _SUFFIXES}
    return names


class Prometheus:
    """A running Prometheus, asked over HTTP."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http

    async def ask(self, query: str) -> list[Series]:
        """The series that *query* gives now; it must be one that Prometheus takes."""
        url = f"{self._url}/api/v1/query"
        async with self._http.get(url, params={"query": query}) as response:
            answer = await response.json()
        assert answer["status"] == "success", f"{query}: {answer.get('error')}"
        result: list[Series] = answer["data"]["result"]
        return result

    async def draws(self, query: Query) -> bool:
        """Whether *query* gives anything; what it gives must have the labels it names."""
        series = await self.ask(query.text)
        for member in series:
            assert query.labels <= member["metric"].keys(), (query, member)
        return bool(series)
