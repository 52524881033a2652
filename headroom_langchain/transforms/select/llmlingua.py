"""Prose shortened by a model, as an option: LLMLingua, or whatever has its one method.

LLMLingua-2 leaves out the words that a small model finds the least telling: https://arxiv.org/abs/2403.12968.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.marker import END_OF_FACTS, OMITTED, header, read_header

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKER_TOKENS: Final = 40
"""Tokens kept back for the marker; references are short."""
_MOST_TRIES: Final = 2
_SAFE: Final = 0.9
_LOWEST_RATE: Final = 0.01


class TextShortener(Protocol):
    """Writes a text of prose in fewer words."""

    def shorten(self, text: str, budget_tokens: int) -> str:
        """Shorten a text.

        Args:
            text: Prose or Markdown.
            budget_tokens: Tokens that the result may take. A longer result is asked for once more with a smaller
                budget, then dropped.

        Returns:
            The shorter text. The same text and budget must always give the same one.
        """


class LLMLinguaCompressor:
    """A :class:`TextShortener` that runs an LLMLingua-2 model on this machine; needs the ``llmlingua`` extra.

    The model is loaded at the first text, from this machine alone: nothing is downloaded. It may be shared among
    threads; texts are shortened one at a time.

    Args:
        target_rate: Share of its tokens that a text may keep, above 0 and below 1; a smaller budget takes precedence.
        model: Name of a model in the local cache, or the path of one.
        compressor: A loaded ``llmlingua.PromptCompressor`` to use in place of ``model``, or anything with its
            ``compress_prompt``.

    Raises:
        ConfigurationError: The rate is outside its range.

    Example:
        >>> class Halves:
        ...     def compress_prompt(self, context, **how):
        ...         return {"compressed_prompt": context[0][: int(len(context[0]) * how["rate"])]}
        >>> LLMLinguaCompressor(0.5, compressor=Halves()).shorten("to be or not to be", 1000)
        'to be or '
    """

    def __init__(
        self,
        target_rate: float = 0.5,
        *,
        model: str = "microsoft/llmlingua-2-xlm-roberta-large-meetingbank",
        compressor: Any = None,
    ) -> None:
        if not 0 < target_rate < 1:
            raise ConfigurationError(
                "LLMLinguaCompressor.target_rate must be above 0 and below 1", {"given": repr(target_rate)}
            )
        self.target_rate = target_rate
        self.model = model
        self._given = compressor
        self._compressor = compressor
        self._lock = Lock()
        self._count: Callable[[str], int] = counter_for(None).count

    def shorten(self, text: str, budget_tokens: int) -> str:
        """Shorten a text to its target rate, or to the budget where that is less.

        Args:
            text: Prose of any length.
            budget_tokens: Tokens that the result may take.

        Returns:
            The shorter text; the model may miss the rate by a little.

        Raises:
            ImportError: The ``llmlingua`` extra is not installed.
            OSError: The model is not on this machine.
        """
        rate = max(_LOWEST_RATE, min(self.target_rate, budget_tokens / max(1, self._count(text))))
        with self._lock:
            if self._compressor is None:
                self._compressor = _load(self.model)
            # Digits stay: a text without its numbers misleads more than one without its numbers' words.
            answer = self._compressor.compress_prompt(
                [text], rate=rate, force_tokens=["\n", ".", "?", "!"], force_reserve_digit=True
            )
        return str(answer["compressed_prompt"])

    def __reduce__(self) -> tuple[type[Self], tuple[float], dict[str, Any]]:
        """Copy the settings, not the loaded model."""
        return type(self), (self.target_rate,), {"model": self.model, "_given": self._given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the settings over."""
        self.__dict__.update(state)
        self._compressor = self._given


def shorten(
    shortener: TextShortener, text: str, *, budget: int, ref: str, count: Callable[[str], int]
) -> tuple[str, int, int] | str:
    """Shorten a text and announce it.

    Args:
        shortener: Does the work.
        text: Prose.
        budget: Tokens that the result may take, marker included.
        ref: What the original can be fetched by.
        count: Counts tokens.

    Returns:
        The marker with the shorter text, its tokens, and those of the shorter text alone; or why there is none. Never
        raises for what the shortener does.
    """
    total = count(text)
    room = budget - _MARKER_TOKENS
    reason = "the budget is too small to shorten to"
    for _ in range(_MOST_TRIES):
        if room <= 0:
            break
        try:
            body = shortener.shorten(text, room)
        except Exception as error:  # noqa: BLE001 - fail open: another's model may fail in any way
            return f"{type(error).__name__}: {str(error)[:200]}"
        if not isinstance(body, str) or not body.strip() or read_header(body) is not None:
            return "the answer is no text"
        kept = count(body)
        written = f"{header(OMITTED, f'{kept:,} of {total:,} tokens, all: {ref}')}{END_OF_FACTS}\n{body}"
        tokens = count(written)
        if tokens <= budget:
            return written, tokens, kept
        reason = f"the answer took {tokens} tokens of {budget}"
        room = int(room * budget / tokens * _SAFE)
    return reason


def _load(model: str) -> Any:
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - an extra
        from llmlingua import PromptCompressor  # noqa: PLC0415 - an extra that loads torch
    except ImportError as error:
        raise ImportError("LLMLinguaCompressor needs: pip install 'headroom-langchain[llmlingua]'") from error
    # A folder is never looked up on the network; a name would be.
    folder = model if Path(model).is_dir() else snapshot_download(model, local_files_only=True)
    return PromptCompressor(
        folder, device_map="cpu", model_config={"trust_remote_code": False}, use_llmlingua2=True
    )
