"""The types of fields that many objects have."""

from typing import Annotated

import msgspec
from pydantic import Field, StrictFloat, StrictInt, StringConstraints

from engine.config.toml_file import NO_NUL

AS_STORED = "as stored"
"""Validation context of a stored object, which earlier rules have accepted."""

ObjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Text = Annotated[str, StringConstraints(max_length=255, pattern=NO_NUL)]
CallLimit = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
PerSecond = Annotated[StrictFloat, Field(gt=0, le=100_000)]


def decode_json(given: object) -> object:
    """Return options that are a table, or that as a text in JSON, as the command line gives
    them; raises ValueError.
    """
    if not isinstance(given, str):
        return given
    try:
        return msgspec.json.decode(given)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"this is not JSON: {error}") from None
