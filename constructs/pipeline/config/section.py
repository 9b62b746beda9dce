"""A table of an environment file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file: frozen, unknown keys refused, types taken as they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
