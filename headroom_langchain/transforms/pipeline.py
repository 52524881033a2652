"""Text in, the smallest proven form out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.results import CompressedText, ContentKind, Loss
from headroom_langchain.transforms.detect import detect
from headroom_langchain.transforms.encode import lines, listing, matches, records
from headroom_langchain.transforms.encode.options import EncodeOptions
from headroom_langchain.transforms.marker import END_OF_FACTS, OMITTED, read_header

if TYPE_CHECKING:
    from headroom_langchain.config import LosslessConfig
    from headroom_langchain.tokens import TokenCounter


class Form(Protocol):
    """A lossless form: an encoder with the decoder that proves it."""

    def encode(self, text: str, options: EncodeOptions) -> str | None:
        """Write the form of a text; None where it does not apply."""

    def decode(self, form: str) -> str:
        """Restore the text of a form."""

    def same(self, decoded: str, original: str) -> bool:
        """Whether a decoded text is the original."""


_FORMS: dict[str, Form] = {"records": records, "lines": lines, "listing": listing, "matches": matches}
_FORMS_OF_KIND: dict[ContentKind, tuple[str, ...]] = {
    ContentKind.JSON: ("records", "lines"),
    ContentKind.JSONL: ("records", "lines"),
    ContentKind.CSV: ("records", "lines"),
    ContentKind.SEARCH: ("matches", "lines"),
    ContentKind.LOG: ("lines",),
    ContentKind.BUILD: ("lines",),
    ContentKind.LISTING: ("listing", "lines"),
    ContentKind.HTML: ("lines",),
    ContentKind.COMPRESSED: ("lines",),  # what only begins like a form of ours
    # Models edit and quote these, so they are sent as written.
    ContentKind.CODE: (),
    ContentKind.DIFF: (),
    ContentKind.YAML: (),
    ContentKind.MARKDOWN: (),
    ContentKind.PROSE: (),
}
_GOOD_ENOUGH = 0.8
"""A form of at most this share of the original's tokens ends the search."""


class _NoFormError(Exception):
    """A form does not serve a text."""


@dataclass(frozen=True, slots=True)
class TextCompressor:
    """Compresses texts for one model. Pure: the same text always gets the same form."""

    config: LosslessConfig
    counter: TokenCounter
    labelled: bool = False
    """Cells carry their column's name."""

    def compress(
        self, text: str, kind: ContentKind | None = None, *, tokens: int | None = None
    ) -> CompressedText:
        """Find the smallest lossless form of a text.

        Args:
            text: Any text, broken or huge included.
            kind: What the text is, where it is known.
            tokens: Tokens of the text, where they are known.

        Returns:
            The smallest form whose decoder restored the text, or the text itself with the reason. Never raises.
        """
        before = self.counter.count(text) if tokens is None else tokens
        try:
            return self._compress(text, before, kind)
        except Exception as error:  # noqa: BLE001 - fail open: whatever the text did, it is sent as it was
            reason = f"{type(error).__name__}: {error}"
            return replace(self._unchanged(text, ContentKind.PROSE, before, reason), warnings=(reason,))

    def draft(self, text: str, form: str) -> str:
        """Write a text in a named form without counting or proving it.

        Args:
            text: Any text.
            form: Name of a form that another text of the same kind got; ``original`` for none.

        Returns:
            The form; the text itself where the form does not apply or fails on it.
        """
        if form not in _FORMS:
            return text
        options = EncodeOptions(self.counter.count, dense=self.config.dense, labelled=self.labelled)
        try:
            return _FORMS[form].encode(text, options) or text
        except Exception:  # noqa: BLE001 - fail open: a draft in no form is the text as it was
            return text

    def _compress(self, text: str, before: int, kind: ContentKind | None) -> CompressedText:
        if _is_form(text):
            return self._unchanged(text, ContentKind.COMPRESSED, before, "already compressed")
        kind = kind or detect(text)
        if not self.config.enabled:
            return self._unchanged(text, kind, before, "lossless forms are off")
        if before < self.config.min_tokens:
            return self._unchanged(text, kind, before, f"below {self.config.min_tokens} tokens")
        names = _forms_of(kind, text)
        if not names:
            return self._unchanged(text, kind, before, f"{kind} is sent as written")
        options = EncodeOptions(self.counter.count, dense=self.config.dense, labelled=self.labelled)
        best = self._unchanged(text, kind, before, "")
        refusals: list[str] = []
        failures: list[str] = []
        for name in names:
            if best.tokens_after <= before * _GOOD_ENOUGH:
                break
            try:
                form, tokens = self._proven(name, text, options, below=best.tokens_after)
            except _NoFormError as refusal:
                refusals.append(f"{name}: {refusal}")
            except Exception as error:  # noqa: BLE001 - fail open: the next form, or the text as it was
                failures.append(f"{name}: {type(error).__name__}: {error}")
            else:
                reason = f"smallest proven form: {name}"
                best = replace(
                    best, text=form, form=name, loss=Loss.LOSSLESS, tokens_after=tokens, reason=reason
                )
        return replace(
            best, reason=best.reason or "; ".join([*refusals, *failures]), warnings=tuple(failures)
        )

    def _proven(self, name: str, text: str, options: EncodeOptions, below: int) -> tuple[str, int]:
        """A form with its tokens, proven by its decoder.

        Raises:
            _NoFormError: There is none that is smaller.
            CompressionError: The decoder did not restore the text.
        """
        form = _FORMS[name]
        written = form.encode(text, options)
        if written is None:
            raise _NoFormError("does not apply")
        tokens = self.counter.count(written)
        if tokens >= below:
            raise _NoFormError("not smaller")
        if not form.same(form.decode(written), text):
            raise CompressionError("the decoder did not restore the text")
        return written, tokens

    def _unchanged(self, text: str, kind: ContentKind, tokens: int, reason: str) -> CompressedText:
        return CompressedText(
            text=text,
            kind=kind,
            form="original",
            loss=Loss.UNCHANGED,
            tokens_before=tokens,
            tokens_after=tokens,
            estimated=not self.counter.exact,
            reason=reason,
        )


def _forms_of(kind: ContentKind, text: str) -> tuple[str, ...]:
    """The forms that are tried for a text, in their order."""
    if kind is ContentKind.LISTING and text.startswith("commit "):
        # A git log is listed by commits of many lines, not by columns or paths.
        return ("lines",)
    return _FORMS_OF_KIND[kind]


def proven(form: str, text: str) -> bool:
    """Whether a form's decoder gives the text back."""
    found = read_header(form)
    if found is None:
        return form == text
    try:
        return _FORMS[found[0]].same(_FORMS[found[0]].decode(form), text)
    except Exception:  # noqa: BLE001 - fail open: a form that cannot be read is not proven
        return False


def _is_form(text: str) -> bool:
    """Whether a text is a form of ours; one that only begins like it is not."""
    if read_header(text) is None:
        return False
    try:
        expand_text(text)
    except CompressionError:
        return False
    return True


def expand_text(compressed: str) -> str:
    """Restore the original of a lossless form.

    Args:
        compressed: A form that :func:`compress_text` wrote, or any other text.

    Returns:
        The original; any text that is no form of ours comes back as it is. Of a selection, what was kept comes back
        below its marker.

    Raises:
        CompressionError: The text begins like a form but is damaged.
    """
    found = read_header(compressed)
    if found is None:
        return compressed
    if found[0] == OMITTED:
        facts, end, body = compressed.partition(f"\n{END_OF_FACTS}\n")
        if not end:
            raise CompressionError("the selection is damaged: what was kept is missing")
        return facts + end + expand_text(body)
    form = _FORMS.get(found[0])
    if form is None:
        raise CompressionError("unknown form; was it written by a newer version?", {"form": found[0]})
    try:
        return form.decode(compressed)
    except CompressionError:
        raise
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CompressionError(f"the form is damaged: {error}", {"form": found[0]}) from error
