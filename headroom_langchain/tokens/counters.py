"""Counters: exact ones for OpenAI models, estimates that say so for all others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from headroom_langchain.exceptions import TokenizationError
from headroom_langchain.tokens.models import tokens_of_model
from headroom_langchain.tokens.vocabulary import load_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import tiktoken

LONG_RUN: Final = 100_000
"""Characters of white space in a row that are handed to tiktoken as one piece."""


_PART: Final = 65_536
_BETWEEN_PIECES: Final = re.compile(r"[A-Za-z0-9](?=[\"(),.:;<=>\[\]_{|}])|\n(?=[A-Za-z0-9])")
"""Ends of words and numbers before punctuation (but for an apostrophe, which may belong to the word), and line ends
before a word or a number: pieces of o200k and cl100k end there whatever follows."""


class TokenCounter(Protocol):
    """Counts the tokens of texts for one model."""

    @property
    def exact(self) -> bool:
        """True where counts are the model's own, False where they are estimates."""

    def count(self, text: str) -> int:
        """Tokens of a text; special-token text counts as text."""


@dataclass(frozen=True, slots=True)
class ExactCounter:
    """Counts with the model's own tokenizer, offline.

    Example:
        >>> ExactCounter("o200k_base").count("<|endoftext|>") > 1
        True
    """

    encoding: str
    """A shipped encoding: ``o200k_base`` or ``cl100k_base``."""
    exact: ClassVar[bool] = True

    def count(self, text: str) -> int:
        """Count the tokens of a text.

        Args:
            text: Any text; lone surrogates count as the replacement character, as in tiktoken.

        Returns:
            Tokens, equal to ``len(encoding.encode_ordinary(text))`` of tiktoken wherever tiktoken works.

        Raises:
            TokenizationError: The shipped vocabulary is damaged.
        """
        encoding = load_encoding(self.encoding)
        if len(text) >= LONG_RUN and _has_long_run(text):
            return sum(_count_parts(text, encoding))
        try:
            return sum(len(encoding.encode_to_numpy(part, disallowed_special=())) for part in _parts(text))
        except UnicodeEncodeError:
            # Only the list-making call takes halves of surrogate pairs.
            return len(encoding.encode_ordinary(text))


@dataclass(frozen=True, slots=True)
class EstimatedCounter:
    """Estimates tokens for a model whose tokenizer does not ship.

    Example:
        >>> EstimatedCounter(ExactCounter("o200k_base"), factor=1.2).exact
        False
    """

    base: TokenCounter
    """Counts what is then scaled."""
    factor: float = 1.0
    """Tokens of the model per token of :attr:`base`."""
    family: str = "unknown"
    """Family that the factor belongs to."""
    exact: ClassVar[bool] = False

    def count(self, text: str) -> int:
        """Estimate the tokens of a text.

        Args:
            text: Any text.

        Returns:
            Tokens, rounded up; the same for the same text always.
        """
        return ceil(self.base.count(text) * self.factor)


@dataclass(frozen=True, slots=True)
class FunctionCounter:
    """Counts with a function of the user's, and refuses what is no count.

    Example:
        >>> FunctionCounter(lambda text: len(text.split())).count("two words")
        2
    """

    function: Callable[[str], int]
    """Tokens of a text."""
    exact: bool = True
    """Whether the function counts as the model does."""

    def count(self, text: str) -> int:
        """Count the tokens of a text.

        Args:
            text: Any text.

        Returns:
            Tokens.

        Raises:
            TokenizationError: The function returned no whole number from zero on.
        """
        tokens: object = self.function(text)
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
            raise TokenizationError(
                "A registered counter must return a whole number of tokens.", {"returned": repr(tokens)}
            )
        return tokens


@dataclass(frozen=True)
class TokenCounters:
    """The user's own counters, by model; what they do not cover is counted by :func:`counter_for`.

    Example:
        >>> counters = TokenCounters({"claude-*": FunctionCounter(lambda text: len(text) // 3)})
        >>> counters.for_model("claude-sonnet-4-5").count("abcdef")
        2
        >>> counters.for_model("gpt-4o").exact
        True
    """

    counters: Mapping[str, TokenCounter] = field(default_factory=dict)
    """Counters by model name or glob; letter case does not matter, the first match wins."""

    def for_model(self, model: str | None) -> TokenCounter:
        """Find the counter of a model.

        Args:
            model: Model name; None never matches a registered counter.

        Returns:
            The registered counter, checked at every count, or the package's own.
        """
        if model is not None:
            for pattern, counter in self.counters.items():
                if fnmatchcase(model.lower(), pattern.lower()):
                    return FunctionCounter(counter.count, exact=counter.exact)
        return counter_for(model)


@lru_cache(maxsize=256)
def counter_for(model: str | None) -> TokenCounter:
    """Find the counter of a model; the vocabulary is loaded at the first count.

    Args:
        model: Model name, with or without vendor; None counts as OpenAI's newest models do.

    Returns:
        An :class:`ExactCounter` for OpenAI models, else an :class:`EstimatedCounter`.
    """
    tokens = tokens_of_model(model)
    own = ExactCounter(tokens.encoding)
    return own if tokens.exact else EstimatedCounter(own, tokens.factor, tokens.family)


_WHITE_SPACE: Final = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_RUN: Final = re.compile(f"[{_WHITE_SPACE}]+")


def _parts(text: str) -> Iterator[str]:
    """Cut a long text where no piece of tiktoken's patterns crosses, so that its tokens never stand in one list."""
    start = 0
    while len(text) - start > 2 * _PART:
        found = _BETWEEN_PIECES.search(text, start + _PART, start + 2 * _PART)
        if found is None:
            break
        yield text[start : found.end()]
        start = found.end()
    yield text[start:] if start else text


def _has_long_run(text: str) -> bool:
    """Whether a run of white space is so long that it covers a whole aligned block: one look per block."""
    step = LONG_RUN // 2
    return any(text[start : start + step].isspace() for start in range(0, len(text) - step + 1, step))


def _count_parts(text: str, encoding: tiktoken.Encoding) -> Iterator[int]:
    """Count a text with long runs of white space, in parts that end where tiktoken's pieces end.

    tiktoken's pattern keeps one entry of a stack per character of such a run and panics past a million (with an
    error that is no ``Exception``). All its patterns cut a run the same way: up to its last line break, then all
    but the last character, which belongs to what follows.
    """
    done = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        start = 1 + max(text.rfind("\n", start, end), text.rfind("\r", start, end), start - 1)
        end -= end < len(text)
        if end - start < LONG_RUN // 2:
            continue
        yield len(encoding.encode_ordinary(text[done:start]))
        yield len(encoding._encode_single_piece(text[start:end]))  # noqa: SLF001 - the pattern cannot match it
        done = end
    yield len(encoding.encode_ordinary(text[done:]))
