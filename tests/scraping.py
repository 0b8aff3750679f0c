"""``/metrics`` as Prometheus reads it, and single counters."""

from collections.abc import Mapping

import aiohttp
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class Scraped:
    """One answer of ``/metrics``."""

    def __init__(self, text: str) -> None:
        self.types: dict[str, str] = {}
        self.labels: dict[str, set[str]] = {}
        self.samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for family in text_string_to_metric_families(text):
            name = family.name + "_total" * (family.type == "counter")
            self.types[name] = family.type
            self.labels[name] = {
                label for sample in family.samples for label in sample.labels
            } - {"le"}
            for sample in family.samples:
                self.samples[sample.name, frozenset(sample.labels.items())] = (
                    sample.value
                )

    def value(self, name: str, /, **labels: str) -> float:
        """Of the sample with just these labels; 0 if there is none."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)

    def of(self, name: str) -> Samples:
        """All samples of a metric."""
        names = {name} | {f"{name}_{part}" for part in ("bucket", "sum", "count")}
        return {key: value for key, value in self.samples.items() if key[0] in names}


async def scraped(http: aiohttp.ClientSession, url: str) -> Scraped:
    """Ask the process at *url*."""
    async with http.get(f"{url}/metrics") as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        return Scraped(await response.text())


def count_of(counter: Counter) -> float:
    """What a counter of this process, or one with its labels set, has counted."""
    (family,) = counter.collect()
    (count,) = (s.value for s in family.samples if s.name.endswith("_total"))
    return count
