from typing import Literal

Rule = Literal[
    "attempts",
    "due",
    "failures",
    "not_after",
    "not_before",
    "number",
    "per_day",
    "per_week",
    "state",
    "suppression",
    "window",
    "zone",
]

RULE_VALUES: set[Rule] = {
    "attempts",
    "due",
    "failures",
    "not_after",
    "not_before",
    "number",
    "per_day",
    "per_week",
    "state",
    "suppression",
    "window",
    "zone",
}


def check_rule(value: str) -> Rule:
    if value in RULE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RULE_VALUES!r}")
