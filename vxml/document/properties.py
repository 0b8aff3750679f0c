"""The names of the platform's properties, and their defaults (VoiceXML 2.0, 6.3)."""

from collections.abc import Mapping

DEFAULTS: Mapping[str, str] = {
    "bargein": "true",
    "timeout": "5s",
    "interdigittimeout": "3s",
    "termtimeout": "0s",
    "termchar": "#",
    "inputmodes": "dtmf voice",
    "maxnbest": "1",
    "fetchtimeout": "10s",
    "fetchaudio": "",
    "documentmaxage": "",
    "documentmaxstale": "",
    "audiomaxage": "",
    "audiomaxstale": "",
    "grammarmaxage": "",
    "grammarmaxstale": "",
    "scriptmaxage": "",
    "scriptmaxstale": "",
    "datamaxage": "",
    "datamaxstale": "",
}
WITHOUT_EFFECT = frozenset(
    {
        "audiofetchhint",
        "bargeintype",
        "completetimeout",
        "confidencelevel",
        "datafetchhint",
        "documentfetchhint",
        "fetchaudiodelay",
        "fetchaudiominimum",
        "grammarfetchhint",
        "incompletetimeout",
        "maxspeechtimeout",
        "recordutterance",
        "recordutterancetype",
        "scriptfetchhint",
        "sensitivity",
        "speedvsaccuracy",
        "universals",
    }
)
"""Properties of the standard that are about speech input, or have no effect here."""
