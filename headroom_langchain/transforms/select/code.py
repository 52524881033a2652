"""Cut source code into the bodies that can be folded and the frame that shows what is there."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from headroom_langchain.transforms.select.code_language import guess
from headroom_langchain.transforms.select.code_parts import Cutter, Part
from headroom_langchain.transforms.select.code_source import Source, read
from headroom_langchain.transforms.select.grammars import GRAMMARS, named
from headroom_langchain.transforms.select.units import Units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tree_sitter import Node

_LARGEST: Final = 4_000_000
"""Bytes of code above which no tree is built; a tree takes tens of times the memory of its text."""
_BROKEN: Final = 0.1
"""Share of the code in syntax errors from which on a parse is not believed."""
_TASTE: Final = 8_000
"""Bytes at the start of large code by which the language is chosen."""
_MENDS: Final = 8
"""Times that folds are undone around new errors before the whole text is written."""
_FRAME: Final = 0.35
"""Share of the text that the frame may take by itself."""
_FEWEST: Final = 2
"""Units from which on there is a choice."""
_CONSTANT: Final = 400
"""Bytes up to which a plain statement belongs to the frame."""


def cut(text: str, *, language: str | None = None, frame: int | None = None) -> Units | None:
    """Cut code into units: bodies, doc comments and large literals, and the frame around them.

    What is left out is folded in place with the numbers of its lines, in a way that parses in the language. Line
    numbers that stand in the text (``cat -n``) are taken for the true ones and stay; otherwise they count the lines of
    ``text``. A unit brings what encloses it: a kept body is written with its signature and its class.

    Args:
        text: Code, also between Markdown fences or with a gutter of line numbers.
        language: A language, fence tag or file name; guessed from the code where it is None or tells nothing.
        frame: Characters that the units in ``always`` may take, by default about a third of the text. Constants and
            comments leave the frame first, then imports, then signatures of members, then all signatures.

    Returns:
        The units, or None where the text cannot be cut; :func:`why_not` tells why. Never raises.

    Example:
        >>> units = cut(source, language="py")  # doctest: +SKIP
        >>> print(units.write(sorted(units.always)))  # doctest: +SKIP
        class Stack:
            def push(self, item: T) -> None:
                ...  # lines 3-9
    """
    found = _cut(text, language, frame)
    return found if isinstance(found, Units) else None


def why_not(text: str, *, language: str | None = None) -> str | None:
    """Tell why :func:`cut` gives None for a text.

    Args:
        text: The text.
        language: As given to :func:`cut`.

    Returns:
        The reason, or None where the text can be cut.
    """
    found = _cut(text, language, None)
    return found if isinstance(found, str) else None


_Piece: TypeAlias = "tuple[int, int] | str"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A part and where it is in the tree of parts, by number of unit."""

    part: Part
    parent: int | None
    children: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """The parts of a file in the order of their starts."""

    source: Source
    placed: tuple[_Placed, ...]
    top: tuple[int, ...]
    language: str
    errors: int
    """Syntax errors in the file as it is."""
    doubtful: bool
    """Whether a fold may bring new errors, as where a parser had to guess its way past errors."""

    def write(self, kept: Sequence[int]) -> str:
        pieces = self.pieces(kept)
        if self.doubtful:
            pieces = self._mended(set(kept), pieces)
        return self.source.render(pieces)

    def _mended(self, kept: set[int], pieces: list[_Piece]) -> list[_Piece]:
        """Undo folds next to errors that were not there before, until none is left."""
        for _ in range(_MENDS):
            if len(kept) == len(self.placed):
                break
            parsed = _parse(_joined(self.source.code, pieces), (self.language,))
            if parsed.errors <= self.errors:
                return pieces
            kept |= self._around(pieces, _error_offsets(parsed.root))
            pieces = self.pieces(kept)
        return [(0, len(self.source.code))]

    def _around(self, pieces: list[_Piece], offsets: Sequence[int]) -> set[int]:
        """Give the units that are folded next to offsets in what was written."""
        code = self.source.code
        ends: list[int] = []
        covered: list[tuple[int, int] | None] = []
        at = done = 0
        for index, piece in enumerate(pieces):
            if isinstance(piece, str):
                following = pieces[index + 1] if index + 1 < len(pieces) else (len(code), len(code))
                covered.append((done, following[0] if not isinstance(following, str) else done))
                at += len(piece.encode())
            else:
                covered.append(None)
                done = piece[1]
                at += piece[1] - piece[0]
            ends.append(at)
        folds = [index for index, span in enumerate(covered) if span is not None]
        spans: set[tuple[int, int]] = set()
        for offset in offsets:
            place = bisect_left(folds, bisect_left(ends, offset))
            for index in folds[max(place - 1, 0) : place + 1]:
                span = covered[index]
                if span is not None:
                    spans.add(span)
        starts = [each.part.start for each in self.placed]
        return {
            unit
            for start, end in spans
            for unit in range(bisect_left(starts, start), bisect_left(starts, end))
        }

    def pieces(self, kept: Collection[int]) -> list[_Piece]:
        """Give what is written: spans of the code and folds."""
        whole: set[int] = set()
        for unit in kept:
            whole.add(unit)
            whole.update(self.above(unit))
        out: list[_Piece] = []
        out.append((self._emit(self.top, 0, whole, out), len(self.source.code)))
        return out

    def above(self, unit: int) -> Iterator[int]:
        """Give the units that enclose a unit, the nearest first."""
        parent = self.placed[unit].parent
        while parent is not None:
            yield parent
            parent = self.placed[parent].parent

    def _emit(self, units: Sequence[int], at: int, whole: Collection[int], out: list[_Piece]) -> int:
        code = self.source.code
        index = 0
        while index < len(units):
            unit = units[index]
            part = self.placed[unit].part
            index += 1
            if unit in whole:
                inner = self._emit(self.placed[unit].children, at, whole, out)
                out.append((inner, part.end))
                at = part.end
                continue
            end = part.end
            while part.joins and index < len(units) and units[index] not in whole:
                following = self.placed[units[index]].part
                if not following.joins or code[end : following.start].strip():
                    break
                end = following.end
                index += 1
            fold = self._fold(part, end)
            if len(fold) < end - part.start:
                out += [(at, part.start), fold]
                at = end
        return at

    def _fold(self, part: Part, end: int) -> str:
        code = self.source.code
        span = code[part.start : end]
        first = self.source.line(part.start + len(span) - len(span.lstrip()))
        last = self.source.line(part.start + max(len(span.rstrip()) - 1, 0))
        opening, closing = part.fold
        return f"{opening}{f'lines {first}-{last}' if last > first else f'line {first}'}{closing}"

    def text(self, unit: int) -> str:
        part = self.placed[unit].part
        code = self.source.code
        own = "".join(code[start:end].decode() for start, end in part.own())
        return f"{part.name}\n{own}" if part.name and part.kind != "imports" else own


def _cut(text: str, language: str | None, frame: int | None) -> Units | str:
    source = read(text)
    if source is None:
        return "the text is no valid Unicode"
    if len(source.code) > _LARGEST:
        return f"the code is larger than {_LARGEST:,} bytes"
    names = _languages(source, language)
    if not names:
        return "no language was recognised"
    try:
        best = _parse(source.code, names)
    except ImportError:
        return "tree-sitter-language-pack is not installed (the `code` extra)"
    if best.broken > _BROKEN * len(source.code):
        return f"{best.language} does not parse: {best.broken:,} of {len(source.code):,} bytes are in errors"
    return _units(source, best, round(len(text) * _FRAME) if frame is None else frame)


def _units(source: Source, best: _Parsed, frame: int) -> Units | str:
    parts = Cutter(source.code, GRAMMARS[best.language]).parts(best.root)
    file = _place(source, parts, best)
    if len(file.placed) < _FEWEST:
        return "there is nothing to fold"
    always = _frame(file, frame)
    if not file.doubtful:
        folded = _parse(_joined(source.code, file.pieces(always)), (best.language,))
        file = replace(file, doubtful=folded.errors > 0)
    return Units(
        noun="parts",
        texts=[file.text(unit) for unit in range(len(file.placed))],
        write=file.write,
        always=frozenset(always),
        context={
            unit: tuple(sorted(file.above(unit)))
            for unit, each in enumerate(file.placed)
            if each.parent is not None
        },
    )


def _languages(source: Source, language: str | None) -> tuple[str, ...]:
    for name in (language, source.tag):
        known = named(name) if name else None
        if known is not None:
            return (known,)
    return guess(source.code.decode())


@dataclass(frozen=True, slots=True)
class _Parsed:
    language: str
    root: Node
    broken: int
    """Bytes in syntax errors."""
    errors: int


def _parse(code: bytes, languages: Sequence[str]) -> _Parsed:
    """Parse with each language and take the first without errors, else the one with the fewest bytes in errors."""
    from tree_sitter import Parser  # noqa: PLC0415 -- an extra, and light imports are a promise
    from tree_sitter_language_pack import get_language  # noqa: PLC0415

    def tree(name: str, data: bytes) -> _Parsed:
        # The pack lists the names of its grammars as literals, of which ours are some.
        root = Parser(get_language(name)).parse(data).root_node  # type: ignore[arg-type]
        sizes = [size for _, size in _error_nodes(root)]
        return _Parsed(name, root, sum(sizes), len(sizes))

    if len(languages) > 1 and len(code) > 2 * _TASTE:
        taste = code[: code.rfind(b"\n", 0, _TASTE) + 1]
        languages = sorted(languages, key=lambda name: tree(name, taste).broken)[:2]
    best = tree(languages[0], code)
    for name in languages[1:]:
        if not best.errors:
            break
        best = min(best, tree(name, code), key=lambda each: each.broken)
    return best


def _error_nodes(root: Node) -> Iterator[tuple[Node, int]]:
    """Give the errors of a tree, each with its bytes, which are none for an error within an error."""
    pending = [(root, False)] if root.has_error else []
    while pending:
        node, within = pending.pop()
        wrong = node.is_error or node.is_missing
        if wrong:
            yield node, 0 if within else max(node.end_byte - node.start_byte, 1)
        pending += [(child, within or wrong) for child in node.children if child.has_error]


def _error_offsets(root: Node) -> list[int]:
    return [node.start_byte for node, _ in _error_nodes(root)]


def _joined(code: bytes, pieces: Sequence[_Piece]) -> bytes:
    return b"".join(
        piece.encode() if isinstance(piece, str) else code[piece[0] : piece[1]] for piece in pieces
    )


def _place(source: Source, parts: Sequence[Part], parsed: _Parsed) -> _File:
    placed: list[_Placed] = []

    def add(part: Part, parent: int | None) -> int:
        unit = len(placed)
        placed.append(_Placed(part, parent, ()))
        placed[unit] = _Placed(part, parent, tuple([add(child, unit) for child in part.children]))
        return unit

    top = tuple([add(part, None) for part in parts])
    return _File(source, tuple(placed), top, parsed.language, parsed.errors, parsed.errors > 0)


def _frame(file: _File, most: int) -> list[int]:
    """Choose the units that stay: sort by sort, as long as the whole sort fits."""
    tiers: tuple[list[int], ...] = ([], [], [], [])
    sizes = [0, 0, 0, 0]
    for unit, each in enumerate(file.placed):
        part = each.part
        size = sum(end - start for start, end in part.own())
        if part.kind == "head":
            tier = 0 if each.parent is None else 1
        elif part.kind == "imports":
            tier = 2
        elif part.kind == "plain" and size <= _CONSTANT:
            tier = 3
        else:
            continue
        tiers[tier].append(unit)
        sizes[tier] += size
    always: list[int] = []
    for units, size in zip(tiers, sizes, strict=True):
        if size > most:
            break
        most -= size
        always += units
    return sorted(always)
