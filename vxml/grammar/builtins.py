"""The built-in grammars of every platform, for keys (VoiceXML 2.0, appendix P)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from .grammar import Grammar, GrammarError, Network, State

DIGITS = "0123456789"
LONGEST = 200  # that a length may be

_WRITTEN = re.compile(r"(?:builtin:(?:dtmf|grammar)/)?(\w+)(?:\?(.*))?", re.DOTALL)
_UNSUPPORTED = "error.unsupported.builtin"


@lru_cache(128)
def parse_builtin(written: str) -> Grammar:
    """Return the grammar for ``digits?minlength=3;maxlength=5``, or the same as a URI.

    Raises GrammarError for unknown grammars and bad parameters.
    """
    match = _WRITTEN.fullmatch(written.strip())
    if match is None or match[1] not in _BUILTINS:
        raise GrammarError(
            _UNSUPPORTED,
            f"There is no built-in {written[:60]}: use {', '.join(_BUILTINS)}.",
        )
    given = dict(_parse_parameters(match[2] or ""))
    make, known = _BUILTINS[match[1]]
    for name in given:
        if name not in known:
            text = f"{match[1]} takes no {name[:60]}: leave it out."
            raise GrammarError(_UNSUPPORTED, text)
    return make(given)


def grammar_of_keys(keys: Mapping[str, Any]) -> Grammar:
    """Return a grammar of fixed inputs: *keys* maps each input to its meaning."""
    network = _new_network(len(keys))
    beginnings: dict[tuple[int, str], int] = {}
    for keyed in keys:
        code = network.add_code(network.start, keyed, beginnings)
        network.link(code, network.end)
    return Grammar(network, keys.get)


def _parse_parameters(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in filter(None, re.split("[;&]", text)):
        name, _, value = part.partition("=")
        pairs.append((name.strip(), value.strip()))
    return pairs


def _new_network(written: int = 0) -> Network:
    network = Network(written)
    network.start = network.add(State())
    network.end = network.add(State())
    return network


def _add_digits(network: Network, of: int, least: int, most: int | None = None) -> int:
    return network.repeat(of, lambda at: network.add_choice(at, DIGITS), least, most)


def _digits(given: Mapping[str, str]) -> Grammar:
    if "length" in given:
        most: int | None = _number(given["length"])
        least = _number(given["length"])
    else:
        least = _number(given.get("minlength", "1"))
        most = _number(given["maxlength"]) if "maxlength" in given else None
    if not 0 < least <= (least if most is None else most):
        text = f"No digits are {least} to {most} long: minlength is 1 to maxlength."
        raise GrammarError(_UNSUPPORTED, text)
    network = _new_network()
    network.link(_add_digits(network, network.start, least, most), network.end)
    return Grammar(network)


def _number(text: str) -> int:
    if re.fullmatch("[0-9]{1,4}", text) and int(text) <= LONGEST:
        return int(text)
    text = f"{text[:60]} is no length: write a number to {LONGEST}."
    raise GrammarError(_UNSUPPORTED, text)


def _boolean(given: Mapping[str, str]) -> Grammar:
    yes, no = given.get("y", "1"), given.get("n", "2")
    if yes == no or not (yes + no).strip("*#").isalnum() or not yes or not no:
        raise GrammarError(
            _UNSUPPORTED,
            "The parameters y and n need a key each: give them different ones.",
        )
    return grammar_of_keys({yes: True, no: False})


def _amount(_: Mapping[str, str]) -> Grammar:
    """Digits, optionally followed by a star and at least one decimal."""
    network = _new_network()
    whole = _add_digits(network, network.start, 0)
    network.link(whole, network.end)
    star = network.add_choice(whole, "*")
    network.link(_add_digits(network, star, 1), network.end)
    return Grammar(network, lambda keyed: keyed.replace("*", ".") or None)


def _currency(given: Mapping[str, str]) -> Grammar:
    def interpret(keyed: str) -> str | None:
        whole, _, rest = keyed.partition("*")
        return f"{whole or '0'}.{rest:0<2}" if len(rest) <= 2 and keyed else None

    return Grammar(_amount(given).network, interpret)


def _phone(_: Mapping[str, str]) -> Grammar:
    network = _new_network()
    number = _add_digits(network, network.start, 1)
    network.link(number, network.end)
    star = network.add_choice(number, "*")
    network.link(_add_digits(network, star, 1), network.end)
    return Grammar(network, lambda keyed: keyed.replace("*", "x"))


def _date(_: Mapping[str, str]) -> Grammar:
    def interpret(keyed: str) -> str | None:
        try:
            date(int(keyed[:4]), int(keyed[4:6]), int(keyed[6:]))
        except ValueError:
            return None
        return keyed

    return _of_length(8, interpret)


def _time(_: Mapping[str, str]) -> Grammar:
    def interpret(keyed: str) -> str | None:
        hour, minute = int(keyed[:2]), int(keyed[2:])
        if hour > 23 or minute > 59:
            return None
        return f"{keyed}{'?' if 1 <= hour <= 12 else 'h'}"

    return _of_length(4, interpret)


def _of_length(length: int, interpret: Callable[[str], Any]) -> Grammar:
    network = _new_network()
    network.link(_add_digits(network, network.start, length, length), network.end)
    return Grammar(network, interpret)


_BUILTINS: Mapping[
    str, tuple[Callable[[Mapping[str, str]], Grammar], tuple[str, ...]]
] = {
    "boolean": (_boolean, ("y", "n")),
    "digits": (_digits, ("minlength", "maxlength", "length")),
    "number": (_amount, ()),
    "currency": (_currency, ()),
    "phone": (_phone, ()),
    "date": (_date, ()),
    "time": (_time, ()),
}
NAMES = frozenset(_BUILTINS)
