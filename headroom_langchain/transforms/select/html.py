"""Cuts an HTML page into what it says: headings, paragraphs, list items, tables, code and where its links lead.

Scripts, styles, navigation, banners, pictures and everything hidden are left out from the start, so all units together
are the cleaned page, not its bytes: the form is a selection even where every unit is kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headroom_langchain.transforms.select.html_page import CODE, HEADING, ITEM, LINK, TABLE, TERM, Block, Page
from headroom_langchain.transforms.select.prose import GAP
from headroom_langchain.transforms.select.sentences import sentence_spans
from headroom_langchain.transforms.select.units import Units

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

_LONGEST_BLOCK = 1200
"""Characters, above which a paragraph is cut into sentences and a list item into its parts."""
_SMALL_TABLE = 8
"""Rows of a table that is one unit."""
_SHORT_LINK = 60
"""Characters of a link that stands behind its words if the page has it once; others stand at the end."""
_MAIN_SHARE = 0.25
"""Share of the page's text that the part which is marked as its content must have to be believed."""
_CONTENT_SHARE = 0.2
"""Share of the text that must be left without navigation and banners; below it the whole page is taken."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A unit.

    Attributes:
        text: What it says and how it is written.
        joint: What stands between it and the unit before it.
        above: Headings, the term, the head of the table or list item that it goes with.
        links: The links that stand at the end of the page, by their numbers.
        is_link: Whether it is one of these.
    """

    text: str
    joint: str
    above: tuple[int, ...] = ()
    links: tuple[int, ...] = ()
    is_link: bool = False


def cut(text: str) -> Units | None:
    """Cut a page into blocks under their headings.

    The first block under a heading says the heading too, so that a part of the page is found by its topic. Rows of a
    long table are units with its head as their context, and so are the sentences of a long paragraph. Links that are
    long or lead to the same place more than once are written as ``[n]`` and stand at the end, one unit each.

    Args:
        text: HTML, whole or a piece of a page, however broken.

    Returns:
        The units, whose text is the cleaned page; None if it says less than two things.
    """
    if "<" not in text:
        return None
    page = Page(text)
    blocks = _content(page.blocks)
    pieces = list(_Writer(page, blocks).pieces())
    if len(pieces) < 2:
        return None
    return Units(
        noun="blocks",
        texts=tuple(_says(pieces, number) for number in range(len(pieces))),
        write=lambda kept: _write(pieces, kept),
        context={i: found for i, piece in enumerate(pieces) if (found := (*piece.above, *piece.links))},
    )


def _says(pieces: Sequence[_Piece], number: int) -> str:
    """What a unit says: the first under a heading or a term says that too, so that a part is found by its topic."""
    piece = pieces[number]
    if piece.joint == "\n\n" and piece.above[-1:] == (number - 1,) and not piece.text.startswith("#"):
        return f"{pieces[number - 1].text}{piece.joint}{piece.text}"
    return piece.text


def _content(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """The blocks of the page's content with their numbers."""
    numbered = list(enumerate(blocks))
    inner = [(i, block) for i, block in numbered if not block.around]
    if _size(inner) < _size(numbered) * _CONTENT_SHARE:
        return numbered
    main = [(i, block) for i, block in inner if block.main or (block.kind == HEADING and block.level == 1)]
    return main if _size(main) >= _size(inner) * _MAIN_SHARE else inner


def _size(blocks: Sequence[tuple[int, Block]]) -> int:
    """Characters that blocks say."""
    return sum(len(block.text) + sum(len(cell) for row in block.rows for cell in row) for _, block in blocks)


class _Writer:
    """Writes the blocks of a page as units."""

    def __init__(self, page: Page, blocks: Sequence[tuple[int, Block]]) -> None:
        self._page = page
        self._blocks = blocks
        uses = Counter(
            int(number)
            for _, block in blocks
            for said in (block.text, *(cell for row in block.rows for cell in row))
            for number in LINK.findall(said)
        )
        listed = [n for n in sorted(uses) if uses[n] > 1 or len(page.links[n]) > _SHORT_LINK]
        self._references = {number: i for i, number in enumerate(listed, 1)}
        self._after_item = False

    def pieces(self) -> Iterator[_Piece]:
        """The units in order, the links last."""
        found: list[_Piece] = []
        headings: list[tuple[int, int]] = []
        first_of_group: dict[int, int] = {}
        terms: dict[int, int] = {}
        if title := self._title():
            headings.append((0, 0))
            found.append(_Piece(title, ""))
        for number, block in self._blocks:
            if block.kind == HEADING:
                while headings and headings[-1][0] >= block.level:
                    headings.pop()
            above = tuple(at for _, at in headings)
            if block.term in terms:
                above = (*above, terms[block.term])
            start = len(found)
            if block.group in first_of_group:
                found += self._more_of_item(found, block, first_of_group[block.group])
            else:
                found += self._block(block, above, start)
            if block.kind == HEADING:
                headings.append((block.level, start))
            elif block.kind == TERM:
                terms[number] = start
            elif block.group and len(found) > start:
                first_of_group.setdefault(block.group, start)
        yield from self._with_links(found)

    def _title(self) -> str:
        """The page's title as a heading, unless a heading says it."""
        title = self._page.title
        top = [block.text for _, block in self._blocks if block.kind == HEADING and block.level == 1]
        return f"# {title}" if title and not any(said in title or title in said for said in top) else ""

    def _more_of_item(self, found: list[_Piece], block: Block, first: int) -> list[_Piece]:
        """Put a nested list item to the one it belongs to, as long as that is short."""
        text = self._written(block.text) if block.kind == ITEM else _fenced(block)
        if len(found) - 1 == first and len(found[first].text) + len(text) < _LONGEST_BLOCK:
            item = found.pop()
            found.append(self._piece(f"{item.text}\n{text}", item.joint, item.above, block.text, item.links))
            return []
        return [self._piece(text, "\n", (*found[first].above, first), block.text)]

    def _block(self, block: Block, above: tuple[int, ...], at: int) -> Iterator[_Piece]:
        """A block as units."""
        if block.kind == TABLE:
            yield from self._table(block, above, at)
        elif block.kind == HEADING:
            yield self._piece(f"{'#' * block.level} {block.text}", "\n\n", above, "")
        elif block.kind == CODE:
            yield self._piece(_fenced(block), "\n\n", above, "")
        elif len(block.text) > _LONGEST_BLOCK and block.kind != ITEM:
            for i, (start, end) in enumerate(sentence_spans(block.text)):
                sentence = block.text[start:end]
                yield self._piece(self._written(sentence), " " if i else "\n\n", above, sentence)
        else:
            follows = block.kind == ITEM and at > 0 and self._after_item
            yield self._piece(self._written(block.text), "\n" if follows else "\n\n", above, block.text)
        self._after_item = block.kind == ITEM

    def _table(self, block: Block, above: tuple[int, ...], at: int) -> Iterator[_Piece]:
        """A small table as one unit, a long one as its head and its rows."""
        rows = [" | ".join(self._written(cell).replace("|", "\\|") for cell in row) for row in block.rows]
        said = ["".join(row) for row in block.rows]
        if block.has_head:
            rows[0] += "\n" + "|".join(["---"] * max(2, len(block.rows[0])))
        if len(rows) <= _SMALL_TABLE:
            yield self._piece("\n".join(rows), "\n\n", above, "".join(said))
            return
        under = (*above, at) if block.has_head else above
        for i, row in enumerate(rows):
            yield self._piece(row, "\n" if i else "\n\n", under if i else above, said[i])

    def _piece(
        self, text: str, joint: str, above: tuple[int, ...], said: str, links: tuple[int, ...] = ()
    ) -> _Piece:
        numbers = (int(number) for number in LINK.findall(said))
        listed = dict.fromkeys((*links, *(number for number in numbers if number in self._references)))
        return _Piece(text, joint, above, tuple(listed))

    def _written(self, text: str) -> str:
        """A text with its links: short ones in place, the others by number."""
        return LINK.sub(self._link, text)

    def _link(self, match: re.Match[str]) -> str:
        number = int(match[1])
        if number in self._references:
            return f" [{self._references[number]}]"
        return f" ({self._page.links[number]})"

    def _with_links(self, found: Sequence[_Piece]) -> Iterator[_Piece]:
        """The units with the places of their links among the units, and the links."""
        place = {number: len(found) + i - 1 for number, i in self._references.items()}
        for piece in found:
            yield _Piece(piece.text, piece.joint, piece.above, tuple(place[number] for number in piece.links))
        for number, i in self._references.items():
            yield _Piece(f"[{i}] {self._page.links[number]}", "\n" if i > 1 else "\n\n", is_link=True)


def _fenced(block: Block) -> str:
    """Code between fences that are longer than those in it; an item's code is indented with it."""
    fence = "```"
    while fence in block.text:
        fence += "`"
    text = f"{fence}{block.language}\n{block.text}\n{fence}"
    return "  " + text.replace("\n", "\n  ") if block.group else text


def _write(pieces: Sequence[_Piece], kept: Sequence[int]) -> str:
    """Write units with their headings, and a sign where something is missing between them."""
    wanted = set(kept)
    for number in kept:
        wanted.update(pieces[number].above)
    out: list[str] = []
    body = [number for number, piece in enumerate(pieces) if not piece.is_link]
    is_gap = False
    for number in body:
        piece = pieces[number]
        if number in wanted or not is_gap:
            out += [piece.joint if out else "", piece.text if number in wanted else GAP]
        is_gap = number not in wanted
    # Links that are left out are not missed: what they are for is left out too.
    links = "\n".join(pieces[number].text for number in range(len(body), len(pieces)) if number in wanted)
    return "".join(out) + ("\n\n" + links if links else "")
