"""Every setting, with its default and what it changes.

All classes are frozen and refuse unknown fields and impossible values with a
:class:`~headroom_langchain.exceptions.ConfigurationError` at the moment they are given.
"""

from __future__ import annotations

from enum import StrEnum
from reprlib import Repr
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PositiveInt,
    ValidationError,
    model_validator,
)

from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.results import ContentKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

CellStyle = Literal["auto", "header", "labelled"]
RelevanceTier = Literal["auto", "bm25", "embedding", "hybrid"]
Switch = Annotated[bool, Field(strict=True)]
"""True or False; words such as ``"no"`` are refused instead of guessed."""
ToolPattern = Annotated[str, Field(min_length=1)]


def _sorted_once(names: tuple[str, ...]) -> tuple[str, ...]:
    # Sets come in an order of chance; settings that are equal must be equal in every process.
    return tuple(sorted(set(names)))


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(_sorted_once)]
"""Names in no order: a set, list or tuple; kept as a sorted tuple."""


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

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_at_the_door(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise _refusal(cls, error.errors(include_url=False)[0]) from error

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy these settings with some of them changed.

        Args:
            update: New values by field name; they are validated like any other.
            deep: Without effect: settings are immutable.

        Raises:
            ConfigurationError: A field is unknown or its value is outside the valid range.
        """
        del deep
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).model_validate({**given, **(update or {})})


def _refusal(settings: type[Settings], error: ErrorDetails) -> ConfigurationError:
    place = ".".join((settings.__name__, *map(str, error["loc"])))
    # A whole response body given by mistake must not become the error's text.
    short = Repr()
    short.maxstring = short.maxother = 80
    details = {"given": short.repr(error["input"])}
    if error["type"] == "extra_forbidden":
        details["known"] = ", ".join(settings.model_fields)
        return ConfigurationError(f"{place} is no setting", details)
    return ConfigurationError(f"{place}: {error['msg'].replace('Input', 'the value', 1)}", details)


class LosslessConfig(Settings):
    """Re-encoding without loss: the same information in fewer tokens."""

    enabled: Switch = True
    """Off: texts are sent as they are."""
    dense: Switch = False
    """Allow shared prefixes to be split off values, and short aliases with a legend. Saves more, and reads
    well only with capable models."""
    cell_style: CellStyle = "auto"
    """``header``: cells by position under one header line. ``labelled``: each cell carries its column's name.
    ``auto``: by model family, ``labelled`` for small models."""
    min_tokens: int = Field(default=100, ge=0, strict=True)
    """Texts below this many tokens are left alone."""
    repeats: Switch = True
    """Write a tool result that stands in an earlier one as a pointer to it, or as a diff against it."""


class RelevanceScorerConfig(Settings):
    """How the parts of a text are scored by their relevance to a query.

    Example:
        >>> RelevanceScorerConfig(tier="hybrid", embedding_model="/models/minilm").hybrid_alpha
        0.5
    """

    tier: RelevanceTier = "auto"
    """``bm25``: by terms; fast, offline, exact for ids and names. ``embedding``: by meaning. ``hybrid``: both.
    ``auto``: ``hybrid`` where an ``Embeddings`` object is given, else ``bm25``. headroom-ai starts in
    ``hybrid``; here a model is loaded only on request, so that the same settings give the same result wherever
    they run. A model that was asked for and fails is replaced by ``bm25`` with a warning in the scores, never
    silently."""
    bm25_k1: float = Field(default=1.5, ge=0, le=10, allow_inf_nan=False, strict=True)
    """How much a term gains from occurring again in the same unit; 0 counts it once."""
    bm25_b: float = Field(default=0.75, ge=0, le=1, allow_inf_nan=False, strict=True)
    """How much long units are discounted; 0 not at all, 1 in full."""
    embedding_model: str = Field(default="all-MiniLM-L6-v2", min_length=1)
    """Name or path of a sentence-transformers model for the tiers ``embedding`` and ``hybrid`` where no
    ``Embeddings`` object is given. Needs the ``embeddings`` extra. Only models on this machine are loaded,
    nothing is downloaded."""
    hybrid_alpha: float = Field(default=0.5, ge=0, le=1, allow_inf_nan=False, strict=True)
    """Weight of BM25 in the hybrid tier; the embedding has the rest."""
    adaptive_alpha: Switch = True
    """Move the weight halfway to BM25 for queries with ids, numbers, quoted strings or paths, and halfway to
    the embedding for questions in natural language without them."""
    relevance_threshold: float = Field(default=0.25, ge=0, le=1, allow_inf_nan=False, strict=True)
    """Units below this share of the best possible score do not count as relevant."""


class ToolRule(Settings):
    """What holds for the results of some tools."""

    lossless_only: Switch = False
    """Never leave anything out of these results."""
    budget_tokens: int | None = Field(default=None, ge=50, strict=True)
    """Tokens a result may take; None takes :attr:`SelectionConfig.budget_tokens`."""
    budget_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Share of its own tokens a result may take; None takes :attr:`SelectionConfig.budget_ratio`."""
    schema_preserving: Switch = False
    """Keep these results parseable, see :attr:`SelectionConfig.schema_preserving`."""


class SelectionConfig(Settings):
    """Leaving out what a budget has no room for. Acts only where the originals are kept to be fetched."""

    enabled: Switch = True
    """Off: only lossless forms."""
    budget_tokens: int | None = Field(default=2000, ge=50, strict=True)
    """Tokens a tool result may take; None for no such limit. Of several budgets the smallest holds."""
    budget_share: float | None = Field(default=None, gt=0, le=1)
    """Share of the model's context window a tool result may take; needs the window's size, see
    :attr:`HeadroomConfig.model_context_limits`."""
    budget_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Share of its own tokens a tool result may take."""
    min_tokens: int = Field(default=1000, ge=0, strict=True)
    """Results whose lossless form is below this many tokens are never selected from."""
    facts_tokens: int = Field(default=150, ge=0, strict=True)
    """Tokens that computed facts about the whole may take where something was left out; 0 for none."""
    kinds: tuple[ContentKind, ...] = (
        ContentKind.JSON,
        ContentKind.JSONL,
        ContentKind.CSV,
        ContentKind.LOG,
        ContentKind.BUILD,
        ContentKind.LISTING,
        ContentKind.HTML,
    )
    """Kinds of text that may be selected from. Search results, code and prose are not among them by default: an
    agent that misses one of those reads it again."""
    tools: dict[ToolPattern, ToolRule] = Field(default_factory=dict)
    """Rules by tool: exact names or globs; the first that fits holds."""
    schema_preserving: Switch = False
    """Keep tool results in JSON, JSON lines and CSV parseable, for code that reads the messages: such a result is
    sent as it was, or, above its budget, as valid text of the same kind that holds only original items. It gets no
    table, no pointer to an earlier result, no header and no facts. So the model is **not told** that something was
    left out; who runs it is, in :attr:`MessageDecision.omissions`, with the reference that fetches the original.
    Off by default for that reason; set it for single tools with :attr:`ToolRule.schema_preserving`."""


class ToolProfile(Settings):
    """Fixed rules that differ for some tools; None takes the value of :class:`ToolCrusherConfig`."""

    enabled: Switch | None = None
    min_tokens_to_crush: int | None = Field(default=None, ge=0, strict=True)
    max_array_items: int | None = Field(default=None, ge=2, strict=True)
    max_string_length: int | None = Field(default=None, ge=20, strict=True)
    max_depth: int | None = Field(default=None, ge=1, le=50, strict=True)
    preserve_keys: Names | None = None


class ToolCrusherConfig(Settings):
    """Fixed rules for JSON results, in place of budgeted selection for the tools they apply to.

    Acts only where the originals are kept to be fetched, never on results that are ``lossless_only`` or
    ``schema_preserving``, and announces what it left out like every selection.

    Example:
        >>> ToolCrusherConfig(tool_profiles={"list_*": {"enabled": True, "max_array_items": 5}}).enabled
        False
    """

    enabled: Switch = False
    """Whether the rules apply to tools whose profile does not say otherwise. Off: a budget serves better, since it
    is spent where it answers the question."""
    min_tokens_to_crush: int = Field(default=500, ge=0, strict=True)
    """Results whose lossless form is below this many tokens stay whole."""
    max_array_items: int = Field(default=10, ge=2, strict=True)
    """Items that stay of each array: the first, the last, then what the query names, errors, outliers and other
    must-keeps in turn, then the items that follow the first. headroom-ai kept the first ones alone."""
    max_string_length: int = Field(default=1000, ge=20, strict=True)
    """Characters of the longest string; of a longer one the beginning and the end stay, cut between words."""
    max_depth: int = Field(default=5, ge=1, le=50, strict=True)
    """Levels of arrays and objects; what is nested deeper is replaced by a count of what it held."""
    preserve_keys: Names = ("code", "error", "id", "message", "name", "status", "type")
    """Keys, in any case of letters, whose values stay whole wherever their object stays, however long or deep."""
    tool_profiles: dict[ToolPattern, ToolProfile] = Field(default_factory=dict)
    """Other rules by tool: an exact name, else the first glob that fits."""


class CCRConfig(Settings):
    """Compress, cache, retrieve: where the originals of what was left out are kept."""

    store_max_bytes: int = Field(default=256 * 2**20, ge=1, strict=True)
    """Bytes of originals, compressed, to hold in memory; the least recently used go first. headroom-ai counted
    1,000 entries, whatever their size. Without effect on a store of your own."""
    store_ttl_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False, strict=True)
    """Seconds after which an original is no longer handed out. None keeps it as long as its thread. headroom-ai's
    300 s ended in the middle of agent runs, and left markers that nothing redeemed."""


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
    compress_system: Switch = False
    """Also re-encode text of system messages."""
    compress_human: Switch = False
    """Also re-encode text of human messages."""
    compress_ai: Switch = False
    """Also re-encode text of AI messages; tool calls and their arguments are never touched."""
    selection: SelectionConfig = SelectionConfig()
    """Leaving out what a budget has no room for."""
    tool_crusher: ToolCrusherConfig = ToolCrusherConfig()
    """Fixed rules for JSON results of some tools, in place of a budget."""
    relevance: RelevanceScorerConfig = RelevanceScorerConfig()
    """How relevance to the query is scored where something is left out."""
    model_context_limits: dict[str, PositiveInt] = Field(default_factory=dict)
    """Tokens of the context window by model name, or by the beginning of one."""
    exclude_tools: tuple[ToolPattern, ...] = ()
    """Tools whose results are never touched: exact names or globs such as ``read_*``."""
    generate_diff_artifact: Switch = False
    """Attach a :class:`~headroom_langchain.results.DiffArtifact` to every result."""

    def get_context_limit(self, model: str) -> int | None:
        """Look a model's context window up.

        Args:
            model: Name of a model.

        Returns:
            Tokens for the exact name, else for the longest name that it begins with, else None.
        """
        fitting = [name for name in self.model_context_limits if model.startswith(name)]
        return self.model_context_limits[max(fitting, key=len)] if fitting else None

    def mode(self, given: HeadroomMode | str | None) -> HeadroomMode:
        """Settle the mode of a call.

        Args:
            given: The mode that the call names; None where it names none.

        Returns:
            The given mode, else :attr:`default_mode`.

        Raises:
            ConfigurationError: No such mode.
        """
        if given is None:
            return self.default_mode
        try:
            return HeadroomMode(given)
        except ValueError as error:
            known = ", ".join(HeadroomMode)
            raise ConfigurationError("mode: no such mode", {"given": repr(given), "known": known}) from error
