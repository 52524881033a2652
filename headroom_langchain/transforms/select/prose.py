"""Cuts Markdown and plain prose into sentences under their headings, list items, table rows and code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from headroom_langchain.transforms.select.markdown import (
    CODE,
    DEFINITION,
    FRONT_MATTER,
    HEADING,
    ITEM,
    PARAGRAPH,
    ROW,
    TABLE_HEAD,
    blocks_of,
)
from headroom_langchain.transforms.select.sentences import LONGEST_SENTENCE, sentence_spans
from headroom_langchain.transforms.select.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headroom_langchain.transforms.select.markdown import Block

GAP: Final = "[…]"
"""Stands in prose where something was left out; one token, and what editors write."""

_SHORT_FRONT_MATTER = 400
"""Characters of front matter that are worth their tokens whatever is asked."""
_DEEPEST = 6
"""List levels above an item that go with it."""
_USES = re.compile(r"\[([^\[\]\n]{1,200})\]")
_LABEL = re.compile(r"\[([^\[\]]{1,200})\]:")
_COLONS = (":", "：")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence or a whole block: one unit.

    Attributes:
        kind: The kind of the block it is in.
        start: Where it begins in the text, in characters.
        end: Where it ends, without the white space behind it.
        frame: Units above it that are written with it: headings, the head of its table.
        goes_with: Further units that it is read with: the items and the sentence it belongs to.
        topic_of: The start of the heading that it is the first sentence under; None if it is not the first.
    """

    kind: str
    start: int
    end: int
    frame: tuple[int, ...] = ()
    goes_with: tuple[int, ...] = ()
    topic_of: int | None = None


def cut(text: str) -> Units | None:
    """Cut Markdown or plain prose.

    The first sentence under a heading says the heading too, so that a section is found by its topic. A unit is written
    with the headings above it.

    Args:
        text: Prose in any language, with or without Markdown.

    Returns:
        The units, or None if there is only one.
    """
    pieces = _pieces(text)
    if len(pieces) < 2:
        return None
    context = {i: above for i, piece in enumerate(pieces) if (above := (*piece.frame, *piece.goes_with))}
    for number, definitions in _definitions(text, pieces).items():
        context[number] = tuple(dict.fromkeys((*context.get(number, ()), *definitions)))
    first = pieces[0]
    return Units(
        noun="sentences",
        texts=tuple(
            text[piece.start if piece.topic_of is None else piece.topic_of : piece.end] for piece in pieces
        ),
        write=lambda kept: _write(text, pieces, kept),
        always=frozenset({0} if first.kind == FRONT_MATTER and first.end <= _SHORT_FRONT_MATTER else ()),
        context=context,
    )


def _pieces(text: str) -> list[_Piece]:
    """The units of a text in order."""
    pieces: list[_Piece] = []
    headings: list[tuple[int, int]] = []
    items: list[tuple[int, int]] = []
    table: tuple[int, ...] = ()
    lead: tuple[int, ...] = ()
    for block in blocks_of(text):
        above = tuple(number for _, number in headings)
        if block.kind == HEADING:
            while headings and headings[-1][0] >= block.level:
                headings.pop()
            above = tuple(number for _, number in headings)
            headings.append((block.level, len(pieces)))
            items, lead = [], ()
            pieces.append(_Piece(HEADING, block.start, block.end, above))
            continue
        while items and items[-1][0] >= block.level:
            items.pop()
        if block.kind != ROW:
            table = ()
        goes_with = (
            *(lead if block.kind not in {PARAGRAPH, DEFINITION} else ()),
            *(number for _, number in items),
        )
        topic = (
            pieces[-1].start if pieces and pieces[-1].kind == HEADING and block.kind == PARAGRAPH else None
        )
        number = len(pieces)
        pieces += _cut_block(text, block, (*above, *table), goes_with, number, topic)
        if block.kind == TABLE_HEAD:
            table = (number,)
        elif block.kind == ITEM:
            items = [*items[-_DEEPEST + 1 :], (block.level, number)]
        if block.kind == PARAGRAPH:
            lead = (len(pieces) - 1,) if text[block.start : block.end].endswith(_COLONS) else ()
        elif block.kind == CODE:
            lead = ()
    return pieces


def _cut_block(
    text: str,
    block: Block,
    frame: tuple[int, ...],
    goes_with: tuple[int, ...],
    number: int,
    topic: int | None,
) -> Iterator[_Piece]:
    """A block as one unit, or as its sentences if it is prose."""
    whole = block.kind != PARAGRAPH and (block.kind != ITEM or block.end - block.start <= LONGEST_SENTENCE)
    if whole or text.startswith(">", block.start):
        yield _Piece(block.kind, block.start, block.end, frame, goes_with, topic)
        return
    for i, (start, end) in enumerate(sentence_spans(text, block.start, block.end)):
        of_item = (number,) if i and block.kind == ITEM else ()
        yield _Piece(block.kind, start, end, frame, (*goes_with, *of_item), None if i else topic)


def _definitions(text: str, pieces: Sequence[_Piece]) -> Mapping[int, tuple[int, ...]]:
    """The link definitions that units refer to: of ``[docs][1]`` the line ``[1]: https://...``."""
    defined: dict[str, int] = {}
    for i, piece in enumerate(pieces):
        if piece.kind == DEFINITION and (label := _LABEL.match(text, piece.start, piece.end)):
            defined.setdefault(label[1].casefold(), i)
    if not defined:
        return {}
    uses: dict[int, tuple[int, ...]] = {}
    for i, piece in enumerate(pieces):
        if piece.kind in {DEFINITION, CODE}:
            continue
        labels = (label.casefold() for label in _USES.findall(text, piece.start, piece.end))
        if found := dict.fromkeys(defined[label] for label in labels if label in defined):
            uses[i] = tuple(found)
    return uses


def _write(text: str, pieces: Sequence[_Piece], kept: Sequence[int]) -> str:
    """Write units with their headings as they stand, and a sign where something is missing between them."""
    wanted = set(kept)
    for number in kept:
        wanted.update(pieces[number].frame)
    if len(wanted) == len(pieces):
        return text
    out: list[str] = [text[: pieces[0].start]] if 0 in wanted else []
    ends = [*(piece.start for piece in pieces[1:]), len(text)]
    number = 0
    while number < len(pieces):
        if number in wanted:
            out.append(text[pieces[number].start : ends[number]])
            number += 1
            continue
        while number + 1 < len(pieces) and number + 1 not in wanted:
            number += 1
        behind = text[pieces[number].end : ends[number]]
        # A rule between the parts is left out with what stands above it.
        out.append(GAP + (behind if not behind.strip() else "\n\n"))
        number += 1
    return "".join(out)
