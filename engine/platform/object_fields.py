"""The types of fields that many objects have."""

from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt, StringConstraints

from engine.config.toml_file import NO_NUL

AS_STORED = "as stored"
"""Validation context of a stored object, which earlier rules have accepted."""

ObjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Text = Annotated[str, StringConstraints(max_length=255, pattern=NO_NUL)]
CallLimit = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
PerSecond = Annotated[StrictFloat, Field(gt=0, le=100_000)]
