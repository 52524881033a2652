"""The matches form: what grep, ripgrep and ``cat -n`` print, without the same path on every line.

Four layouts, told apart by the header's note:

* *paths*: each path once as a heading, its matches below as ``12 text``;
* *texts*: the same for matches that carry no line number;
* *numbers*: ``12:text`` lines of one file, or below ripgrep's own headings, as ``12 text``;
* *sequence*: numbered lines of a file; the numbers follow each other and only the first and the last are written.

A text that stands on several lines of one run is written once, behind all its numbers. That is done only where numbers
rise, so sorting by them restores the order of the lines.
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from operator import itemgetter, lt
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.marker import header, read_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.transforms.encode.options import EncodeOptions

_PATHS: Final = "each path, then its matches: line text"
_FOLDERS: Final = "each directory/, its files, their matches: line text"
_TEXTS: Final = "each path, then its matches, one space before each"
_NUMBERS: Final = "rows: line text"
_GROUPED: Final = "3,9 = the same text on lines 3 and 9"
_DITTO_NOTE: Final = '" = the text above'
_CONTEXT: Final = "4- = context of a match"
_PLAIN: Final = "| = no match"
_CRLF: Final = "lines end in CRLF"
_JOIN: Final = "; "

_DITTO: Final = '"'
_FEWEST_DITTOS: Final = 4
"""Repeated texts below which their note costs more than they save."""
_FEWEST: Final = 3
"""Matches below which no form pays for its header."""
_HEAD: Final = 2_000
"""Characters at the start that tell whether lines begin with numbers."""
_FEWEST_SHARE: Final = 0.5
"""Share of the lines that must be matches."""
_AROUND_NUMBER: Final = 12
"""Characters that a line number and the signs around it may take."""
_LINES_BEFORE: Final = 5
"""Lines that may stand before the first one of a sequence."""

_NUMBER: Final = r"[0-9]{1,9}"
_NUMBER_LIST: Final = rf"{_NUMBER}(?:,{_NUMBER})*"
_WITH_PATH = re.compile(
    rf"^(?:((?:[A-Za-z]:(?=[\\/]))?[^:\n]{{1,400}}+)(?::({_NUMBER}))?:(.*)|(.*))$", re.MULTILINE
)
_WITH_REVISION = re.compile(
    rf"^(?:([\w./~^-]{{1,80}}:[^:\n]{{1,400}}+)(?::({_NUMBER}))?:(.*)|(.*))$",
    re.MULTILINE,
)
_NUMBER_FIRST = re.compile(rf"{_NUMBER}[:=-]")
_WITH_NUMBER = re.compile(rf"^(?:({_NUMBER})([:=-])(.*)|(.*))$", re.MULTILINE)
_CONTEXT_NUMBER = re.compile(rf"([=-])({_NUMBER})\1")
_REVISION = re.compile(rf"[\w./~^-]{{1,80}}:[^\s:0-9][^\s:]*:{_NUMBER}:")
_LIKE_A_PATH = re.compile(r"[/\\]|\.\w{1,10}$")
_IN_SEQUENCE = re.compile(rf"( {{0,20}})({_NUMBER})([\t→:|])")
_ROW = re.compile(rf"^(?:({_NUMBER_LIST}(?=[ =-])|(?= ))([ =-])(.*)|(.*))$", re.MULTILINE)
_UNSAFE = re.compile(rf"{_NUMBER_LIST}[ =-]|[ |]|--$|$")
_SEPARATORS: Final = {"\t": "tab", "→": "arrow", ":": "colon", "|": "bar"}
_SEPARATOR_OF: Final = {name: separator for separator, name in _SEPARATORS.items()}
_SEQUENCE_NOTE = re.compile(
    rf"lines ({_NUMBER})-({_NUMBER}) of a file, numbers left out "
    rf"\(([0-9]{{1,2}}) ({'|'.join(_SEPARATOR_OF)})(?:, after ([0-9]) other lines)?\)"
)
_SIGN_OF: Final = {" ": ":", "-": "-", "=": "="}

_Row = tuple[str, str, str, str]
"""Path, number, sign and text; without a path the last three together are a line that is no match."""
_path_of = itemgetter(0)


def encode(text: str, options: EncodeOptions) -> str | None:
    """Write the form of a search result or of a numbered file.

    Args:
        text: What grep, git grep, ripgrep, findstr or ``cat -n`` printed; with or without paths, numbers, columns and
            context lines.
        options: ``dense`` splits paths into directories and files.

    Returns:
        The form, or None where fewer than half of the lines are matches.
    """
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    plain = text.replace("\r\n", "\n") if crlf else text
    end = "\n" if plain.endswith("\n") else ""
    body = plain.removesuffix("\n")
    written = _write_sequence(body) or _write_numbers(body) or _write_paths(body, dense=options.dense)
    if written is None:
        return None
    notes, lines = written
    if crlf:
        notes.append(_CRLF)
    return header("matches", _JOIN.join(notes)) + "\n".join(lines) + end


def decode(form: str) -> str:
    """Restore the text of a form.

    Args:
        form: What :func:`encode` returned.

    Returns:
        The original text.

    Raises:
        CompressionError: The form is damaged.
    """
    found = read_header(form)
    if found is None:
        raise CompressionError("the header of the matches form is missing", {})
    notes = found[1].split(_JOIN)
    end = "\n" if form.endswith("\n") else ""
    body = form[found[2] :].removesuffix("\n")
    sequence = _SEQUENCE_NOTE.fullmatch(notes[0])
    if sequence:
        lines = _read_sequence(body.split("\n"), sequence)
    elif notes[0] in (_PATHS, _FOLDERS, _TEXTS, _NUMBERS):
        lines = _read_rows(_ROW.findall(body), notes)
    else:
        raise CompressionError("the note of the matches form is unknown", {"note": notes[0]})
    plain = "\n".join(lines) + end
    return plain.replace("\n", "\r\n") if _CRLF in notes else plain


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original, character by character."""
    return decoded == original


def _write_sequence(body: str) -> tuple[list[str], list[str]] | None:
    lines = body.split("\n")
    heads = enumerate(map(_IN_SEQUENCE.match, lines[: _LINES_BEFORE + 1]))
    before, found = next(((index, head) for index, head in heads if head), (0, None))
    if found is None:
        return None
    width, first, separator = found.end(2), int(found[2]), found[3]
    texts: list[str] = []
    for number, line in enumerate(lines[before:], first):
        prefix = f"{number:>{width}}{separator}"
        if not line.startswith(prefix):
            break
        texts.append(line[len(prefix) :])
    if texts and not texts[-1]:
        # Left as it is: a form that ends in an empty line would read as one with a final newline.
        texts.pop()
    if len(texts) < max(_FEWEST, _FEWEST_SHARE * len(lines)):
        return None
    behind = f", after {before} other lines" if before else ""
    note = f"lines {first}-{first + len(texts) - 1} of a file, numbers left out ({width} {_SEPARATORS[separator]}{behind})"
    return [note], lines[:before] + texts + lines[before + len(texts) :]


def _read_sequence(lines: list[str], note: re.Match[str]) -> list[str]:
    first, last, width, before = int(note[1]), int(note[2]), int(note[3]), int(note[5] or 0)
    sign, behind = _SEPARATOR_OF[note[4]], before + last - first + 1
    if len(lines) < behind:
        raise CompressionError(
            "lines of the matches form are missing", {"lines": len(lines), "wanted": behind}
        )
    numbered = [f"{number:>{width}}{sign}{line}" for number, line in enumerate(lines[before:behind], first)]
    return lines[:before] + numbered + lines[behind:]


def _write_paths(body: str, *, dense: bool) -> tuple[list[str], list[str]] | None:
    pattern = _WITH_REVISION if _REVISION.match(body) else _WITH_PATH
    found = pattern.findall(body)
    wanted = max(_FEWEST, _FEWEST_SHARE * len(found))
    kind, rows = _FOLDERS if dense else _PATHS, _rows_with_numbers(found)
    if sum(1 for row in rows if row[0]) < wanted:
        kind, rows = _TEXTS, _rows_without_numbers(found)
    if sum(1 for row in rows if row[0]) < wanted:
        return None
    unsafe = {
        path for path in set(map(_path_of, rows)) if path and not _can_head(path, folders=kind == _FOLDERS)
    }
    if unsafe:
        rows = [_plain(_line_of(row)) if row[0] in unsafe else row for row in rows]
    marked = _with_dittos(rows)
    lines: list[str] = []
    current = folder = ""
    grouped = False
    for path, block in groupby(marked, _path_of):
        if path and path != current:
            current = path
            if kind == _FOLDERS:
                cut = _name_start(path)
                if path[:cut] != folder:
                    folder = path[:cut]
                    lines.append(folder)
                lines.append(path[cut:])
            else:
                lines.append(path)
        grouped |= _write_block(list(block), lines)
    return _notes(kind, marked, grouped=grouped, dittos=marked is not rows), lines


def _rows_with_numbers(found: Sequence[_Row]) -> list[_Row]:
    """Turn findings into rows; lines that belong to a known path as its context become rows, too."""
    paths = {path for path, number, _, _ in found if number}
    if not paths:
        return []
    misread = {
        path
        for path in paths
        if any(path[: number.start()] in paths for number in _CONTEXT_NUMBER.finditer(path))
    }
    known = paths - misread
    longest = max(map(len, known), default=0) + _AROUND_NUMBER
    rows: list[_Row] = []
    current = ""
    for path, number, text, other in found:
        if number and path not in misread:
            rows.append((path, number, " ", text))
            current = path
            continue
        line = f"{path}:{number}:{text}" if number else f"{path}:{text}" if path else other
        context = _CONTEXT_NUMBER.match(line, len(current)) if current and line.startswith(current) else None
        if context is None:
            context = next(
                (
                    sign
                    for sign in _CONTEXT_NUMBER.finditer(line, 0, longest)
                    if line[: sign.start()] in known
                ),
                None,
            )
        if context is None:
            rows.append(_plain(line))
            continue
        current = line[: context.start()]
        rows.append((current, context[2], context[1], line[context.end() :]))
    return rows


def _rows_without_numbers(found: Sequence[_Row]) -> list[_Row]:
    paths = {path for path in set(map(_path_of, found)) if _LIKE_A_PATH.search(path)}
    rows: list[_Row] = []
    for path, number, text, other in found:
        rest = f"{number}:{text}" if number else text
        if path in paths:
            rows.append((path, "", " ", rest))
        else:
            rows.append(_plain(f"{path}:{rest}" if path else other))
    return rows


def _with_dittos(rows: list[_Row]) -> list[_Row]:
    """Replace the first text of a path by a ditto mark where the last match of the path above has it, too."""
    repeats = [
        index
        for index, (above, row) in enumerate(pairwise(rows), 1)
        if above[3] == row[3] and above[0] != row[0] and above[0] and row[0] and above[2] == row[2]
    ]
    if len(repeats) < _FEWEST_DITTOS or any(row[3] == _DITTO for row in rows):
        return rows
    marked = rows.copy()
    for index in repeats:
        marked[index] = (*rows[index][:3], _DITTO)
    return marked


def _write_numbers(body: str) -> tuple[list[str], list[str]] | None:
    head = body[:_HEAD].split("\n")
    if sum(1 for line in head if _NUMBER_FIRST.match(line)) < _FEWEST_SHARE * sum(1 for line in head if line):
        return None
    found = _WITH_NUMBER.findall(body)
    blank = sum(1 for row in found if not (row[0] or row[3]))
    rows: list[_Row] = [
        (" ", number, " " if sign == ":" else sign, text)
        if number
        else (_plain(other) if other and _UNSAFE.match(other) else ("", "", "", other))
        for number, sign, text, other in found
    ]
    if sum(1 for row in rows if row[0]) < max(_FEWEST, _FEWEST_SHARE * (len(rows) - blank)):
        return None
    lines: list[str] = []
    grouped = False
    for _, block in groupby(rows, _path_of):
        grouped |= _write_block(list(block), lines)
    return _notes(_NUMBERS, rows, grouped=grouped, dittos=False), lines


def _write_block(block: list[_Row], lines: list[str]) -> bool:
    """Write the rows of one run; True where equal texts were written once."""
    if len(block) == 1:
        _, number, sign, text = block[0]
        lines.append(number + sign + text)
        return False
    texts = [sign + text for _, _, sign, text in block]
    if len(set(texts)) < len(texts) and _rising([number for _, number, _, _ in block]):
        numbers: dict[str, list[str]] = {}
        for row, text in zip(block, texts, strict=True):
            numbers.setdefault(text, []).append(row[1])
        lines += [",".join(where) + text for text, where in numbers.items()]
        return True
    lines += [number + sign + text for _, number, sign, text in block]
    return False


def _rising(numbers: list[str]) -> bool:
    if not all(numbers):
        return False
    values = [int(number) for number in numbers]
    return all(map(lt, values, values[1:]))


def _notes(kind: str, rows: Sequence[_Row], *, grouped: bool, dittos: bool) -> list[str]:
    signs = {row[2] for row in rows}
    notes = [kind]
    if grouped:
        notes.append(_GROUPED)
    if dittos:
        notes.append(_DITTO_NOTE)
    if "-" in signs or "=" in signs:
        notes.append(_CONTEXT)
    if "|" in signs:
        notes.append(_PLAIN)
    return notes


def _plain(line: str) -> _Row:
    return ("", "", "", line) if line == "--" else ("", "", "|", line)


def _line_of(row: _Row) -> str:
    path, number, sign, text = row
    mark = _SIGN_OF[sign]
    return f"{path}{mark}{number}{mark}{text}" if number else f"{path}{mark}{text}"


def _name_start(path: str) -> int:
    return max(path.rfind("/"), path.rfind("\\")) + 1


def _can_head(path: str, *, folders: bool) -> bool:
    if not folders:
        return not _UNSAFE.match(path)
    cut = _name_start(path)
    return not (_UNSAFE.match(path[cut:]) or (cut and _UNSAFE.match(path[:cut])))


def _read_rows(found: list[_Row], notes: list[str]) -> list[str]:
    headed, folders, dittos = notes[0] != _NUMBERS, notes[0] == _FOLDERS, _DITTO_NOTE in notes
    lines: list[str] = []
    path = folder = above = ""
    for is_row, block in groupby(found, _is_row):
        if is_row:
            rows = _in_order(list(block))
            for number, sign, written, _ in rows:
                mark = _SIGN_OF[sign]
                text = above if dittos and written == _DITTO else written
                if not headed:
                    lines.append(f"{number}{mark}{text}")
                elif number:
                    lines.append(f"{path}{mark}{number}{mark}{text}")
                else:
                    lines.append(f"{path}{mark}{text}")
                above = text
            continue
        for *_, other in block:
            if other[:1] == "|":
                lines.append(other[1:])
            elif other == "--" or not headed:
                lines.append(other)
            elif folders and (not other or other[-1] in "/\\"):
                folder = other
            else:
                path = folder + other
    return lines


def _is_row(found: _Row) -> bool:
    return found[1] != ""


def _in_order(block: list[_Row]) -> list[_Row]:
    if not any("," in row[0] for row in block):
        return block
    each = [(number, *row[1:]) for row in block for number in row[0].split(",")]
    each.sort(key=lambda row: int(row[0]))
    return each
