"""Cuts a unified or combined diff into its hunks, change by change.

What is left of a diff is a diff: a hunk of which a part was left out is written as smaller hunks with the line numbers
they have in the files, so unchanged context costs nothing to drop.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from headroom_langchain.transforms.select.hunks import moves, pieces_of
from headroom_langchain.transforms.select.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headroom_langchain.transforms.select.hunks import Piece

CONTEXT_WEIGHT = 0.1
"""The weight of unchanged lines further than one line from a change."""
GENERATED_WEIGHT = 0.05
"""The weight of changes nobody wrote by hand: lock files, generated and minified files, binary patches."""

_HEADER_COST = 40
"""Characters of a hunk's header without its section."""
_FILE = re.compile(r"diff |--- |Index: ")
_GENERATED = re.compile(
    r"""(?:^|/)(?:node_modules|vendor|dist|__snapshots__)/
    |(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.ya?ml|go\.sum|packages\.lock\.json)$
    |\.(?:lock|lockb|snap|map|g\.dart|pb\.go|pb\.cc|pb\.h|designer\.cs)$
    |_pb2(?:_grpc)?\.pyi?$
    |[.-]min\.(?:js|css|mjs)$
    |\.generated\.""",
    re.VERBOSE | re.IGNORECASE,
)
_SAYS_GENERATED = re.compile(r"@generated|DO NOT EDIT", re.IGNORECASE)
_MINIFIED_LINE = 1000
"""Characters in one changed line, from which on nobody wrote it by hand."""


def cut(text: str) -> Units | None:
    """Cut a diff into changes, their context and the frame around them.

    File and hunk headers are the frame and stay; in files nobody writes by hand only the file header does. A change has
    one unchanged line on each side with it, the rest of the context are units of little weight.

    Args:
        text: A diff as git, ``diff -u`` or a version control web page writes it; commit messages may stand in it.

    Returns:
        The units, or None if the text has no hunk or only one unit to select from.
    """
    if "@@ -" not in text:
        return None
    pieces = tuple(pieces_of(text))
    selectable = sum(piece.kind in {"change", "context", "message", "binary"} for piece in pieces)
    if selectable < 2 or not any(piece.kind == "header" for piece in pieces):
        return None
    generated = _generated_files(pieces)
    context = _context(pieces)
    always = frozenset(
        i
        for i, piece in enumerate(pieces)
        if piece.kind == "frame" or (piece.kind == "header" and piece.file not in generated)
    )
    weights = {
        i: GENERATED_WEIGHT
        if piece.file in generated or piece.kind in {"binary", "index"}
        else CONTEXT_WEIGHT
        for i, piece in enumerate(pieces)
        if piece.kind in {"context", "binary", "index"} or (piece.kind != "frame" and piece.file in generated)
    }
    return Units(
        noun="parts",
        texts=tuple(_says(piece) for piece in pieces),
        write=lambda kept: _write(pieces, kept, context),
        always=always,
        context=context,
        weights=weights,
    )


def _says(piece: Piece) -> str:
    """What a unit says, as it is written: of a hunk's header only its section, because its ranges may change."""
    if piece.kind == "header" and piece.hunk is not None:
        return piece.hunk.section.strip()
    return piece.text.rstrip("\r\n")


def _context(pieces: Sequence[Piece]) -> dict[int, tuple[int, ...]]:
    """The headers of the file and of the hunk that a unit goes with."""
    context: dict[int, tuple[int, ...]] = {}
    files: dict[int, tuple[int, ...]] = {}
    header: int | None = None
    for i, piece in enumerate(pieces):
        if piece.kind == "frame":
            if _FILE.match(piece.lines[0]):
                files[piece.file] = (*files.get(piece.file, ()), i)
            header = None
        elif piece.kind == "header":
            header = i
            context[i] = files.get(piece.file, ())
        elif piece.kind != "message":
            above = files.get(piece.file, ())
            context[i] = above if header is None else (*above, header)
    return context


def _generated_files(pieces: Sequence[Piece]) -> frozenset[int]:
    """The files that were made by a program, by name or by what they say."""
    found: set[int] = set()
    for piece in pieces:
        if piece.file in found:
            continue
        if piece.kind == "frame":
            names = (line.split("\t")[0].rstrip('\r\n" ') for line in piece.lines)
            if any(_FILE.match(name) and _GENERATED.search(name) for name in names):
                found.add(piece.file)
        elif piece.kind == "change" and (
            any(len(line) > _MINIFIED_LINE for line in piece.lines)
            or any(
                _SAYS_GENERATED.search(line)
                for line in piece.lines
                if line[:4].strip("+- ")[:1] in {"#", "/", "*"}
            )
        ):
            found.add(piece.file)
    return frozenset(found)


def _write(pieces: Sequence[Piece], kept: Sequence[int], context: Mapping[int, tuple[int, ...]]) -> str:
    """Write the kept units and their headers as a diff; where parts of a hunk are missing, as smaller hunks."""
    wanted = set(kept)
    for number in kept:
        wanted.update(context.get(number, ()))
    if len(wanted) == len(pieces):
        return "".join(piece.text for piece in pieces)
    out: list[str] = []
    missing = at = 0
    for _, same in groupby(pieces, key=lambda piece: piece.file):
        end = at + len(list(same))
        if any(number in wanted for number in range(at, end)):
            out += [_left_out(pieces[missing:at]), *_write_file(pieces, at, end, wanted)]
            missing = end
        at = end
    return "".join([*out, _left_out(pieces[missing:at])])


def _write_file(pieces: Sequence[Piece], at: int, end: int, wanted: set[int]) -> Iterator[str]:
    """Write what is kept of one file."""
    missing = at
    while at < end:
        stop = at + 1
        while stop < end and pieces[at].hunk is not None and pieces[stop].hunk is pieces[at].hunk:
            stop += 1
        if any(number in wanted for number in range(at, stop)):
            yield _left_out(pieces[missing:at])
            yield from [pieces[at].text] if pieces[at].hunk is None else _write_hunk(pieces, at, stop, wanted)
            missing = stop
        at = stop
    yield _left_out(pieces[missing:at])


def _left_out(pieces: Sequence[Piece]) -> str:
    """One line for units of which nothing is kept; nothing for empty lines and object names."""
    said = [piece for piece in pieces if piece.kind != "index" and piece.text.strip()]
    if not said:
        return "".join(piece.text for piece in pieces if piece.kind != "index")
    files = len({piece.file for piece in said if piece.kind == "frame" and _FILE.match(piece.lines[0])})
    hunks = sum(piece.kind == "header" for piece in said)
    counts = [
        f"{count} {noun}{'s' * (count != 1)}" for count, noun in ((files, "file"), (hunks, "hunk")) if count
    ]
    lines = sum(len(piece.lines) for piece in said)
    changes = f"{_changes(said)} lines" if hunks else f"{lines} line{'s' * (lines != 1)}"
    newline = "\r\n" if said[0].lines[0].endswith("\r\n") else "\n"
    return f"({', '.join([*counts, changes])} left out){newline}"


def _changes(pieces: Sequence[Piece]) -> str:
    """How many lines were added and removed: ``+18 -7``."""
    added = removed = 0
    for piece in pieces:
        if piece.kind != "change" or piece.hunk is None:
            continue
        for line in piece.lines:
            marks = line[: piece.hunk.parents]
            removed += "-" in marks
            added += "+" in marks and "-" not in marks
    return f"+{added} -{removed}"


def _write_hunk(pieces: Sequence[Piece], at: int, end: int, wanted: set[int]) -> Iterator[str]:
    """Write what is kept of one hunk: whole, as smaller hunks, or its header with what was left out."""
    body = range(at + 1, end)
    if all(i in wanted for i in body) or not any(pieces[i].kind == "change" for i in body):
        yield from (piece.text for piece in pieces[at:end])
        return
    hunk = pieces[at].hunk
    line = hunk.section if hunk is not None else ""
    section = line.rstrip("\r\n")
    newline = "\r\n" if line.endswith("\r\n") else "\n"
    keep = [i in wanted for i in body]
    # A header in place of a few unchanged lines would cost more than the lines.
    for k in range(1, len(keep) - 1):
        piece = pieces[at + 1 + k]
        if piece.kind == "context" and keep[k - 1] and keep[k + 1] and len(piece.text) < _HEADER_COST:
            keep[k] = True
    for is_kept, same in groupby(range(len(keep)), key=keep.__getitem__):
        part = [pieces[at + 1 + k] for k in same]
        if is_kept:
            yield f"{_header(part)}{section}{newline}"
            yield from (piece.text for piece in part)
        elif any(piece.kind == "change" for piece in part):
            yield f"{_header(part)}{section} ({_changes(part)} lines left out){newline}"
        else:
            continue
        section = ""


def _header(part: Sequence[Piece]) -> str:
    """The header of a part of a hunk: ``@@ -12,4 +12,6 @@``."""
    parents = len(part[0].at) - 1
    steps = (moves(line, parents) for piece in part for line in piece.lines)
    counts = [sum(column) for column in zip(*steps, strict=True)]
    ranges = [
        f"{start if count else start - 1}" + ("" if count == 1 else f",{count}")
        for start, count in zip(part[0].at, counts, strict=True)
    ]
    fence = "@" * (parents + 1)
    return f"{fence} {' '.join('-' + r for r in ranges[:-1])} +{ranges[-1]} {fence}"
