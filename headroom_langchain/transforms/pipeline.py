"""Text in, the smallest proven form out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.results import CompressedText, ContentKind, Loss
from headroom_langchain.transforms.detect import detect
from headroom_langchain.transforms.encode import lines, matches, records
from headroom_langchain.transforms.encode.options import EncodeOptions
from headroom_langchain.transforms.marker import read_header

if TYPE_CHECKING:
    from headroom_langchain.config import LosslessConfig
    from headroom_langchain.tokens import TokenCounter

_FORMS = {"records": records, "lines": lines, "matches": matches}
_FORMS_OF_KIND: dict[ContentKind, tuple[str, ...]] = {
    ContentKind.JSON: ("records",),
    ContentKind.JSONL: ("records", "lines"),
    ContentKind.CSV: ("records",),
    ContentKind.SEARCH: ("matches", "lines"),
}
_OTHER_KINDS = ("lines",)


@dataclass(frozen=True, slots=True)
class TextCompressor:
    """Compresses texts for one model. Pure: the same text always gets the same form."""

    config: LosslessConfig
    counter: TokenCounter
    labelled: bool = False
    """Cells carry their column's name."""

    def compress(self, text: str) -> CompressedText:
        """Find the smallest lossless form of a text.

        Args:
            text: Any text, broken or huge included.

        Returns:
            The smallest form whose decoder restored the text, or the text itself with the reason. Never raises.
        """
        before = self.counter.count(text)
        if read_header(text) is not None:
            return self._unchanged(text, ContentKind.COMPRESSED, before, "already compressed")
        kind = detect(text)
        if not self.config.enabled:
            return self._unchanged(text, kind, before, "lossless forms are off")
        if before < self.config.min_tokens:
            return self._unchanged(text, kind, before, f"below {self.config.min_tokens} tokens")
        options = EncodeOptions(self.counter.count, dense=self.config.dense, labelled=self.labelled)
        best, best_name, best_tokens = text, "original", before
        reasons: list[str] = []
        for name in _FORMS_OF_KIND.get(kind, _OTHER_KINDS):
            try:
                form = _FORMS[name].encode(text, options)
                if form is None:
                    reasons.append(f"{name}: does not apply")
                    continue
                tokens = self.counter.count(form)
                if tokens >= best_tokens:
                    reasons.append(f"{name}: not smaller")
                    continue
                if not _FORMS[name].same(_FORMS[name].decode(form), text):
                    reasons.append(f"{name}: the decoder did not restore the text")
                    continue
            except Exception as error:  # noqa: BLE001 - fail open: a text that a form cannot take is sent as it was
                reasons.append(f"{name}: {type(error).__name__}: {error}")
                continue
            best, best_name, best_tokens = form, name, tokens
        if best_name == "original":
            return self._unchanged(text, kind, before, "; ".join(reasons))
        return CompressedText(
            text=best,
            kind=kind,
            form=best_name,
            loss=Loss.LOSSLESS,
            tokens_before=before,
            tokens_after=best_tokens,
            estimated=not self.counter.exact,
            reason=f"smallest proven form: {best_name}",
        )

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


def expand_text(compressed: str) -> str:
    """Restore the original of a lossless form.

    Args:
        compressed: A form that :func:`compress_text` wrote, or any other text.

    Returns:
        The original; any text that is no form of ours comes back as it is.

    Raises:
        CompressionError: The text begins like a form but is damaged.
    """
    found = read_header(compressed)
    if found is None:
        return compressed
    form = _FORMS.get(found[0])
    if form is None:
        raise CompressionError("unknown form; was it written by a newer version?", {"form": found[0]})
    try:
        return form.decode(compressed)
    except CompressionError:
        raise
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CompressionError(f"the form is damaged: {error}", {"form": found[0]}) from error
