"""Where figures are from: the machine and the versions of what was measured."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from sip.pjsip.build_info import build_info


def facts() -> dict[str, str]:
    """What decides about figures, in the order in which people ask for it."""
    return {
        "date": f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC",
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PJSIP": build_info().pjproject_version,
        "SIPp": sipp_version(),
    }


def processor() -> str:
    """Its model; on x86 with the numbers that tell its generation."""
    told = _text("/proc/cpuinfo")
    wanted = ("model name", "cpu family", "model")
    named = [re.search(rf"^{name}\s*: (.+)$", told, re.MULTILINE) for name in wanted]
    match [found and found[1].strip() for found in named]:
        case [str(name), str(family), str(model)]:
            return f"{name} (family {family}, model {model})"
        case [str(name), *_]:
            return name
    return platform.processor() or platform.machine()


def sipp_version() -> str:
    """The version of SIPp, as ``sipp -v`` prints it."""
    told = subprocess.run(["sipp", "-v"], capture_output=True, text=True, check=False)
    named = re.search(r"SIPp v(\S+?)\.?\s", told.stdout)
    return named[1] if named else "unknown"


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""
