"""The shared core: text in, a smaller text out that decodes to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headroom_langchain.transforms.pipeline import TextCompressor, expand_text

if TYPE_CHECKING:
    from headroom_langchain.config import CellStyle
    from headroom_langchain.results import CompressedText
    from headroom_langchain.tokens import TokenCounter

__all__ = ["TextCompressor", "compress_text", "expand_text"]


def compress_text(
    text: str,
    *,
    model: str | None = None,
    dense: bool = False,
    cell_style: CellStyle = "auto",
    min_tokens: int = 0,
    counter: TokenCounter | None = None,
) -> CompressedText:
    """Re-encode a text in fewer tokens without losing anything.

    Args:
        text: A tool's output, or any other text.
        model: The model that will read it, for the right tokenizer; None counts with ``o200k_base``.
        dense: Allow split prefixes and aliases; for capable models.
        cell_style: How table cells are written; ``auto`` goes by model family.
        min_tokens: Texts below this many tokens are left alone.
        counter: A counter to use in place of the model's own.

    Returns:
        The smallest form that its decoder restored, or the text itself with the reason.

    Raises:
        ConfigurationError: A setting is outside its valid range.

    Example:
        >>> rows = str([{"id": i, "state": "ready"} for i in range(20)]).replace("'", '"')
        >>> result = compress_text(rows)
        >>> result.tokens_after < result.tokens_before / 2
        True
        >>> expand_text(result.text) == rows
        True
    """
    from headroom_langchain.config import LosslessConfig  # noqa: PLC0415
    from headroom_langchain.tokens import counter_for, wants_labelled_cells  # noqa: PLC0415

    config = LosslessConfig.model_validate(
        {"dense": dense, "cell_style": cell_style, "min_tokens": min_tokens}
    )
    labelled = cell_style == "labelled" or (cell_style == "auto" and wants_labelled_cells(model))
    return TextCompressor(config, counter or counter_for(model), labelled=labelled).compress(text)
