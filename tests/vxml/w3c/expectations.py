"""What a test of the suite leaves to its listener, what its copy lacks, and what does not apply."""

from collections.abc import Mapping, Sequence

CITIES = ("alpha", "bravo", "charlie", "delta")

HEARD: Mapping[str, Sequence[str]] = {
    "216.vxml": CITIES,
    "217.vxml": tuple(f"For {city}, press" for city in CITIES),
    "218.vxml": CITIES,
    "219.vxml": CITIES,
    "369.vxml": ("369.wav",),
    "371.vxml": ("371.wav",),
    "526.vxml": ("pass",),
    "530a1.vxml": ("pass",),
    "1162.vxml": ("pass",),
}
"""Tests whose verdict is what the caller hears, in this order, before they end."""

SILENT_ENDS = frozenset(("assert113.vxml", "assert165.vxml"))
"""Tests that pass if they end, and tell nothing."""

TRANSFERS: Mapping[str, str] = {
    "289.vxml": "",
    "290.vxml": "near_end_disconnect",
    "294.vxml": "",
    "296.vxml": "maxtime_disconnect",
    "298.vxml": "",
    "300.vxml": "hangup",
    "301.vxml": "busy",
    "302.vxml": "network_busy",
}
"""What becomes of a test's transfer, as its own text wants it; empty: handed over."""

ON_CALLS = (
    *("232.vxml", "333/333.vxml", "519.vxml", "a18.vxml", "337/337.vxml"),  # keys
    *("1/1.vxml", "5/5.vxml"),  # keys that do not fit, grammars that are fetched
    *("235.vxml", "525.vxml", "assert185.vxml"),  # nothing is pressed
    *("369.vxml", "371.vxml"),  # sounds
    *("289.vxml", "290.vxml", "295.vxml", "296.vxml"),  # transfers
    *("300.vxml", "301.vxml", "302.vxml"),
    "552.vxml",  # the document hangs up
)
"""Tests that are run on a call as well, and what a call has to do there."""

CHANGES: Mapping[str, Sequence[tuple[str, str]]] = {
    "432.vxml": [('next="432.txml"', 'nextitem="first"')],
    "assert163.vxml": [("<log> tototo </log>", "")],
    "a59leaf.vxml": [("http://www.w3.org/2001/txml", "http://www.w3.org/2001/vxml")],
}
"""What copying has spoilt, and what it must have been."""

_HEAD = '<vxml version="2.0" xmlns="http://www.w3.org/2001/vxml">'
LACKING: Mapping[str, str] = {
    "appRootDoc.vxml": f'{_HEAD}<var name="appRootVar" expr="1"/></vxml>',
    "assert185-b.vxml": f'{_HEAD}<form id="form3"><block><exit expr="\'pass\'"/></block>'
    "</form></vxml>",
}
"""Documents that the copy lacks, as the tests that name them describe them."""

NOT_APPLICABLE: Mapping[str, str] = {
    "334/334.vxml": "a grammar in ABNF, which VoiceXML leaves optional (2.0, 3.1.1)",
}
"""Why a test does not apply."""

GRAMMARS_NOT_APPLICABLE: Mapping[str, str] = {
    "conformance-3.grxml": "the copy lacks the grammars that it refers to",
    "conformance-4.grxml": "the copy lacks the grammars that it refers to",
    "conformance-5.grxml": "elements of a foreign namespace, for which its own text lets "
    "a processor refuse the grammar",
    "conformance-7.grxml": "a reference to a grammar in ABNF, which a processor of the "
    "XML form may reject (SRGS 1.0, 5.4)",
}
"""Why a grammar of the SRGS suite does not apply. Those in ABNF do not, all of them."""

GRAMMARS_ABOUT: Mapping[str, str] = {
    "conformance-1.grxml": "languages of tokens",
    "conformance-2.grxml": "a language that is not known",
    "conformance-3.grxml": "references to rules of other grammars, in several languages",
    "conformance-4.grxml": "references to rules of other grammars",
    "conformance-5.grxml": "elements and attributes of a foreign namespace",
    "conformance-6.grxml": "a reference to a rule that does not exist",
    "conformance-7.grxml": "a reference to a grammar in ABNF",
}
"""What each grammar is about."""
