"""A text above its budget: what stays of it, and what is said of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from headroom_langchain.results import ContentKind, Loss, Omission
from headroom_langchain.transforms.marker import END_OF_FACTS, OMITTED, header
from headroom_langchain.transforms.pipeline import proven
from headroom_langchain.transforms.select import code, diff, html, prose
from headroom_langchain.transforms.select.crush import crush
from headroom_langchain.transforms.select.facts import facts
from headroom_langchain.transforms.select.keeper import order_by_worth
from headroom_langchain.transforms.select.lines import cut_lines
from headroom_langchain.transforms.select.llmlingua import shorten
from headroom_langchain.transforms.select.musts import MustOptions, Priority, find_musts
from headroom_langchain.transforms.select.records import cut_csv, cut_json, cut_json_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.config import ToolCrusherConfig
    from headroom_langchain.results import CompressedText
    from headroom_langchain.transforms.pipeline import TextCompressor
    from headroom_langchain.transforms.relevance import Scorer
    from headroom_langchain.transforms.select.llmlingua import TextShortener
    from headroom_langchain.transforms.select.units import Units

PARSEABLE: Final = "parseable"
"""Form of rows that stand alone, without a marker: valid text of the same kind as the whole."""
_NAMES_ERRORS: Final = frozenset(
    [
        ContentKind.CODE,
        ContentKind.DIFF,
        ContentKind.HTML,
        ContentKind.SEARCH,
        ContentKind.MARKDOWN,
        ContentKind.PROSE,
    ]
)
"""Kinds in which words of failure are names and topics, not reports."""
_FACTS_SHARE: Final = 8
"""Facts take at most one token of so many."""
_SPARE: Final = 8
"""Tokens kept back from the budget: counts of parts do not add up exactly."""
_MOST_DRAFTS: Final = 3
"""Drafts that may make a selection fuller; one that is too large is always cut further."""
_CLOSE_ENOUGH: Final = 0.85
_SAFE: Final = 0.95


def cut(text: str, kind: ContentKind) -> Units | None:
    """Cut a text by its kind; None for a text that has no parts."""
    match kind:
        case ContentKind.JSON:
            return cut_json(text)
        case ContentKind.JSONL:
            return cut_json_lines(text) or cut_lines(text)
        case ContentKind.CSV:
            return cut_csv(text) or cut_lines(text)
        case ContentKind.SEARCH:
            return cut_lines(text, "matches")
        case ContentKind.CODE:
            return code.cut(text)
        case ContentKind.DIFF:
            return diff.cut(text)
        case ContentKind.HTML:
            return html.cut(text) or cut_lines(text)
        case ContentKind.MARKDOWN | ContentKind.PROSE:
            return prose.cut(text)
        case _:
            return cut_lines(text)


def cut_parseable(text: str, kind: ContentKind) -> Units | None:
    """Cut a text whose rows are valid text of its kind by themselves; None for one that has none."""
    match kind:
        case ContentKind.JSON:
            return cut_json(text)
        case ContentKind.JSONL:
            return cut_json_lines(text)
        case ContentKind.CSV:
            return cut_csv(text)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Draft:
    """What every draft of a selection shares."""

    units: Units
    form: str
    """The form of the whole, for what is kept of it."""
    ref: str
    facts: list[str]
    parseable: bool
    """Nothing but what is kept is written."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Keeps of a text what is worth its tokens."""

    compressor: TextCompressor
    """Writes what is kept in its smallest lossless form."""
    scorer: Scorer
    """Tells which units answer the query."""
    facts_tokens: int
    """Tokens that computed facts may take."""
    shortener: TextShortener | None = None
    """Shortens prose in place of selecting from its sentences."""

    def crush(
        self, text: str, lossless: CompressedText, *, query: str, rules: ToolCrusherConfig, ref: str
    ) -> CompressedText | None:
        """Apply fixed rules to a JSON text.

        Args:
            text: The original.
            lossless: Its lossless form.
            query: What the text was fetched for.
            rules: The rules.
            ref: What the original can be fetched by.

        Returns:
            What stays by the rules, announced by a marker; None where they take nothing away, or where nothing smaller
            than the lossless form comes of it.
        """
        crushed = crush(text, rules, query)
        if crushed is None:
            return None
        note = f"{crushed.kept:,} of {crushed.total:,} {crushed.noun}, all: {ref}"
        body = self._body(crushed.text, lossless.form)
        written = header(OMITTED, note) + "\n".join([*crushed.notes, END_OF_FACTS, body])
        tokens = self.compressor.counter.count(written)
        if tokens >= lossless.tokens_after:
            return None
        return replace(
            lossless,
            text=written,
            form=OMITTED,
            loss=Loss.SELECTED,
            tokens_after=tokens,
            reason=f"kept {crushed.kept} of {crushed.total} {crushed.noun} by fixed rules",
            omission=Omission(ref=ref, noun=crushed.noun, kept=crushed.kept, total=crushed.total),
        )

    def _shortened(
        self, text: str, lossless: CompressedText, budget: int, ref: str
    ) -> CompressedText | str | None:
        """A text shortened by a model, or why that failed; None where it is not to be shortened."""
        if self.shortener is None or lossless.kind not in (ContentKind.MARKDOWN, ContentKind.PROSE):
            return None
        count = self.compressor.counter.count
        found = shorten(
            self.shortener, text, budget=min(budget, lossless.tokens_after - 1), ref=ref, count=count
        )
        if isinstance(found, str):
            return f"prose was not shortened: {found}"
        written, tokens, kept = found
        return replace(
            lossless,
            text=written,
            form=OMITTED,
            loss=Loss.SELECTED,
            tokens_after=tokens,
            reason=f"shortened to {kept} of {lossless.tokens_before} tokens",
            omission=Omission(ref=ref, noun="tokens", kept=kept, total=lossless.tokens_before),
        )

    def select(
        self,
        text: str,
        lossless: CompressedText,
        *,
        query: str,
        budget: int,
        ref: str,
        parseable: bool = False,
    ) -> CompressedText | None:
        """Select from a text.

        Args:
            text: The original.
            lossless: Its lossless form.
            query: What the text was fetched for.
            budget: Tokens that the result may take, marker and facts included.
            ref: What the original can be fetched by.
            parseable: Write valid text of the same kind that holds only original rows, and no marker.

        Returns:
            The selection within the budget, announced by a marker; None where the text has no parts, or where
            nothing smaller than its lossless form comes of it. Where the shortener failed as well, the lossless form
            that says so.
        """
        shortened = self._shortened(text, lossless, budget, ref)
        if isinstance(shortened, str):
            lossless = replace(lossless, warnings=(*lossless.warnings, shortened))
        elif shortened is not None:
            return shortened
        whole = lossless if shortened else None
        units = cut_parseable(text, lossless.kind) if parseable else cut(text, lossless.kind)
        if units is None:
            return whole
        scores = self.scorer.score(query, units.texts)
        options = MustOptions(words=lossless.kind not in _NAMES_ERRORS)
        musts = find_musts(units.texts, units.rows, query, options)
        per_character = lossless.tokens_after / max(1, len(text))
        costs = [len(unit) * per_character + 1 for unit in units.texts]
        order = order_by_worth(
            units,
            costs,
            anchors=[must.index for must in musts if must.priority is Priority.ANCHOR],
            musts=[must.index for must in musts if must.priority is not Priority.ANCHOR],
            scores=_weighted(units, scores.values.tolist()),
            budget=budget,
        )
        about_all = facts(
            units.texts,
            units.rows,
            noun=units.noun,
            query=query,
            musts=musts,
            tokens=0 if parseable else min(self.facts_tokens, budget // _FACTS_SHARE),
            count=self.compressor.counter.count,
        )
        form = "original" if lossless.kind is ContentKind.HTML else lossless.form
        draft = _Draft(units, form, ref, about_all, parseable)
        found = self._largest(draft, order, costs, budget)
        if found is None or found[1] >= lossless.tokens_after:
            return whole
        written, tokens, kept = found
        return replace(
            lossless,
            text=written,
            form=PARSEABLE if parseable else OMITTED,
            loss=Loss.SELECTED,
            tokens_after=tokens,
            reason=f"kept {kept} of {len(order)} {units.noun} for {budget} tokens"
            + (", parseable: the model is not told" if parseable else ""),
            warnings=(*lossless.warnings, *scores.warnings),
            omission=Omission(ref=ref, noun=units.noun, kept=kept, total=len(order)),
        )

    def _largest(
        self, draft: _Draft, order: list[int], costs: Sequence[float], budget: int
    ) -> tuple[str, int, int] | None:
        """A long prefix of an order that fits: its text, tokens and number of units; None where nothing fits."""
        best: tuple[str, int, int] | None = None
        high = len(order)
        taken = _prefix_within(order, costs, budget - _SPARE)
        drafts = 0
        while taken > 0:
            written = self._write(draft, sorted(order[:taken]))
            tokens = self.compressor.counter.count(written)
            drafts += 1
            if tokens <= budget:
                best = written, tokens, taken
                if tokens >= budget * _CLOSE_ENOUGH or taken >= high - 1 or drafts >= _MOST_DRAFTS:
                    break
                # Beyond the prefix that was too large there is nothing to try.
                taken = min(high - 1, max(taken + 1, int(taken * budget * _SAFE / tokens)))
            else:
                high = taken
                if best is not None and drafts >= _MOST_DRAFTS:
                    break
                taken = min(taken - 1, int(taken * budget * _SAFE / tokens))
                if best is not None and taken <= best[2]:
                    break
        return best

    def _write(self, draft: _Draft, kept: Sequence[int]) -> str:
        units = draft.units
        text = units.write(kept)
        if draft.parseable:
            return text
        note = f"{len(kept):,} of {len(units.texts):,} {units.noun}, all: {draft.ref}"
        return header(OMITTED, note) + "\n".join([*draft.facts, END_OF_FACTS, self._body(text, draft.form)])

    def _body(self, text: str, form: str) -> str:
        """What is kept, in the form of the whole where that is proven to give it back."""
        body = self.compressor.draft(text, form)
        return body if proven(body, text) else text


def _weighted(units: Units, scores: list[float]) -> list[float]:
    """Scores of units that count less than others, such as the context in a diff."""
    weights = units.weights
    return [score * weights.get(number, 1.0) for number, score in enumerate(scores)] if weights else scores


def _prefix_within(order: Sequence[int], costs: Sequence[float], budget: float) -> int:
    spent = 0.0
    for taken, number in enumerate(order):
        spent += costs[number]
        if spent > budget:
            return max(1, taken)
    return len(order)
