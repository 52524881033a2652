"""Every setting, with its default and what it changes.

All classes are frozen and refuse unknown fields and impossible values with a
:class:`~headroom_langchain.exceptions.ConfigurationError` at the moment they are given.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator

from headroom_langchain.exceptions import ConfigurationError

CellStyle = Literal["auto", "header", "labelled"]


class HeadroomMode(StrEnum):
    """What happens to the messages of a call."""

    AUDIT = "audit"
    """Measure what could be saved and send the messages unchanged."""
    OPTIMIZE = "optimize"
    """Send the compressed messages."""
    SIMULATE = "simulate"
    """Return the plan and call no model."""


class Settings(BaseModel):
    """A frozen group of settings that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_at_the_door(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or cls.__name__
            details = {"given": repr(first.get("input"))}
            if first["type"] == "extra_forbidden":
                details["known"] = ", ".join(cls.model_fields)
            raise ConfigurationError(f"{cls.__name__}.{field}: {first['msg']}", details) from error


class LosslessConfig(Settings):
    """Re-encoding without loss: the same information in fewer tokens."""

    enabled: bool = True
    """Off: texts are sent as they are."""
    dense: bool = False
    """Allow shared prefixes to be split off values, and short aliases with a legend. Saves more, and reads
    well only with capable models."""
    cell_style: CellStyle = "auto"
    """``header``: cells by position under one header line. ``labelled``: each cell carries its column's name.
    ``auto``: by model family, ``labelled`` for small models."""
    min_tokens: int = Field(default=100, ge=0)
    """Texts below this many tokens are left alone."""


class HeadroomConfig(Settings):
    """All settings of a compression.

    Example:
        >>> HeadroomConfig(lossless={"dense": True}).lossless.dense
        True
    """

    default_mode: HeadroomMode = HeadroomMode.OPTIMIZE
    """Mode of calls that name none. headroom-ai starts in ``audit``; here the default forms lose nothing."""
    lossless: LosslessConfig = LosslessConfig()
    """The lossless forms."""
    compress_system: bool = False
    """Also re-encode text of system messages."""
    compress_human: bool = False
    """Also re-encode text of human messages."""
    compress_ai: bool = False
    """Also re-encode text of AI messages; tool calls and their arguments are never touched."""
    exclude_tools: tuple[str, ...] = ()
    """Tools whose results are never touched: exact names or globs such as ``read_*``."""
    generate_diff_artifact: bool = False
    """Attach a :class:`~headroom_langchain.results.DiffArtifact` to every result."""
