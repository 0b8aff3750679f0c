"""The image's Dockerfile."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASE = re.compile(r"^FROM (debian:\S+) AS base$", re.MULTILINE)


def test_it_begins_as_the_lab_does() -> None:
    image, lab = ROOT / "packaging/image/Dockerfile", ROOT / "lab/Dockerfile"
    assert BASE.findall(image.read_text()) == BASE.findall(lab.read_text()) != []
