"""What a model's name says: its tokenizer, its family, and how it likes tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NEWEST_ENCODING: Final = "o200k_base"


@dataclass(frozen=True, slots=True)
class ModelTokens:
    """How the tokens of a model are counted."""

    encoding: str
    """The shipped encoding that counts, or that the estimate starts from."""
    exact: bool
    """True where the encoding is the model's own."""
    family: str
    """``openai``, a family of :data:`FAMILIES`, or ``unknown``."""
    factor: float = 1.0
    """Tokens of the model per token of :attr:`encoding`."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models with one tokenizer that does not ship here."""

    name: str
    pattern: re.Pattern[str]
    """Found in a lower-case model name."""
    factor: float
    """Tokens of the family per token of o200k_base."""


def _family(name: str, pattern: str, factor: float) -> Family:
    return Family(name, re.compile(rf"(?<![a-z0-9])(?:{pattern})"), factor)


FAMILIES: Final = (
    _family("claude", r"claude|anthropic", 1.2),
    _family("qwen", r"qwen|qwq|qvq", 1.1),
    _family("llama", r"(?:meta-|code)?llama|nemotron|hermes", 1.05),
    _family("deepseek", r"deepseek", 1.05),
    _family("gemini", r"gemini|gemma|learnlm", 1.1),
    _family("mistral", r"(?:open-)?mi[sx]tral|ministral|magistral|codestral|devstral|pixtral", 1.1),
    _family("grok", r"grok|xai", 1.05),
    _family("cohere", r"command|c4ai|aya|cohere", 1.05),
)
"""Families in the order in which they are looked for: a distilled model has the tokenizer of its student."""

_OPENAI = re.compile(
    r"(?:^|(?<![a-z0-9]))(?:chatgpt-|ft:)?gpt[-_]?(?:\d|oss)|^o[1-9]\d?(?=$|[-_@:])|^codex-mini"
)
_SPELLING = re.compile(r"^gpt[-_]?(?=\d|oss)")
_O200K = re.compile(r"^(?:gpt-(?:[45]|oss)|o[1-9]|codex-mini)")
_CL100K = re.compile(r"^gpt-(?:3|4(?![.\do]))")


@lru_cache(maxsize=256)
def tokens_of_model(model: str | None) -> ModelTokens:
    """Find the tokenizer of a model by its name.

    Args:
        model: Plain (``gpt-4o``), dated, fine-tuned (``ft:gpt-4o-mini:acme::abc``) or with a vendor in front
            (``openrouter/openai/gpt-5``, ``openai:gpt-4.1``, ``us.anthropic.claude-...``). None stands for
            OpenAI's newest.

    Returns:
        The encoding, and whether it is the model's own. A name that tiktoken's table does not know, and that no
        rule of OpenAI's naming covers, gets the newest encoding as an estimate.
    """
    if model is None:
        return ModelTokens(NEWEST_ENCODING, exact=True, family="openai")
    name = model.strip().lower()
    for family in FAMILIES:
        if family.pattern.search(name):
            return ModelTokens(NEWEST_ENCODING, exact=False, family=family.name, factor=family.factor)
    encoding = _openai_encoding(_bare_name(name))
    if encoding is None:
        looks_like_openai = "openai" in name or "azure" in name or bool(_OPENAI.search(name))
        return ModelTokens(NEWEST_ENCODING, exact=False, family="openai" if looks_like_openai else "unknown")
    return ModelTokens(encoding, exact=True, family="openai")


def _bare_name(name: str) -> str:
    """Take vendor, fine-tuning owner, router suffix and a deployment's prefix off a name."""
    name = name.rpartition("/")[2]
    vendor, colon, rest = name.partition(":")
    if colon and "ft" not in (vendor, rest.partition(":")[0]) and not _OPENAI.search(vendor):
        name = rest
    name = name.removeprefix("openai.").removeprefix("openai:").removeprefix("ft:").partition(":")[0]
    found = _OPENAI.search(name)
    if found:
        name = name[found.start() :]
    return _SPELLING.sub("gpt-", name)


def _openai_encoding(name: str) -> str | None:
    from tiktoken.model import encoding_name_for_model  # noqa: PLC0415

    try:
        encoding = encoding_name_for_model(name)
    except KeyError:
        # Spellings that tiktoken's prefixes miss: "gpt-4_eu", "gpt-4.5", "gpt-oss:20b".
        if _CL100K.match(name):
            return "cl100k_base"
        return NEWEST_ENCODING if _O200K.match(name) else None
    if encoding == "o200k_harmony":
        return "o200k_base"
    return encoding if encoding in {"o200k_base", "cl100k_base"} else None


def wants_labelled_cells(model: str | None) -> bool:
    """Whether a model's family reads tables better with labelled cells."""
    del model
    return False
