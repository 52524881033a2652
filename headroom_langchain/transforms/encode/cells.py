"""Cells: JSON values as short texts without line breaks, and back.

A cell is bare where that is unambiguous: ``word`` is a string, ``12`` a number, ``true``, ``false`` and ``null`` are
themselves, ``~`` says that the key is absent. Whatever could be mistaken is a JSON literal: ``"12"`` is a string,
``[...]`` and ``{...}`` are arrays and objects. Two kinds of columns save quotes: in ``str`` columns what looks like a
number is a string, in ``list`` columns words with spaces between them are an array, in ``strs`` columns an array
of strings whatever they look like, in ``map`` columns ``key=text;key=text`` is an object of strings.
"""

from __future__ import annotations

import re
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.json_text import COMPACT, Number, parse, quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.transforms.encode.json_text import Style


class Absent:
    """The type of the one value that stands for a missing key."""

    __slots__ = ()


ABSENT: Final = Absent()
ABSENT_CELL: Final = "~"

_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity"
_LITERAL: Final = re.compile(rf"(?:{_NUMBER}|true|false|null)", re.ASCII)
_LITERALS: Final = re.compile(rf"(?:(?:{_NUMBER}|true|false|null)\n)*", re.ASCII)
_WORDS: Final = frozenset(("true", "false", "null"))
_LITERAL_STARTS: Final = frozenset("-0123456789tfnNI")
_WORD_STARTS: Final = frozenset("tfn")
_MARKED_STARTS: Final = frozenset('"[{~ ')
_SPECIAL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_FIXED: Final[dict[Any, str]] = {None: "null", True: "true", False: "false", ABSENT: ABSENT_CELL}

_OBJECT_OR_NOTHING: Final = frozenset((dict, type(None), Absent))
_TEXT_OR_NOTHING: Final = frozenset((str, type(None), Absent))

AUTO: Final = ""
STR: Final = "str"
LIST: Final = "list"
STRS: Final = "strs"
MAP: Final = "map"
SPLIT: Final = (LIST, STRS, MAP)
"""Kinds of columns whose cells have parts."""
RAW: Final = "raw"
"""Kind of a column whose cells are just text, as in CSV: nothing in them is a literal."""


def text_cell(text: str, kind: str) -> str:
    """Write a string as a cell of a column of a kind: bare, or quoted where bare would be read as something else."""
    start = text[:1]
    odd = (
        (start in _MARKED_STARTS and (start != "~" or text == ABSENT_CELL) and start != "")
        or text[-1:].isspace()
        or start.isspace()
        or '="' in text
        or _SPECIAL.search(text) is not None
    )
    if kind == RAW:
        odd = (
            start in ('"', " ")
            or text == ABSENT_CELL
            or text.startswith("[headroom:")
            or '="' in text
            or _SPECIAL.search(text) is not None
        )
    elif kind == STR:
        odd = odd or text in _WORDS
    else:
        odd = odd or _LITERAL.fullmatch(text) is not None
    return quote(text) if odd else text


def _bare_as_they_are(texts: list[str]) -> bool:
    joined = "".join(texts)
    return (
        joined.isprintable()
        and '="' not in joined
        and _MARKED_STARTS.isdisjoint({text[:1] for text in texts})
        and " " not in {text[-1:] for text in texts}
    )


def raw_cells(texts: list[str]) -> list[str]:
    """Write texts as the cells of a ``raw`` column."""
    return texts if _bare_as_they_are(texts) else [text_cell(text, RAW) for text in texts]


def cells_of(values: list[Any]) -> tuple[list[str], str]:
    """Write the values of a column as cells.

    Args:
        values: Parsed JSON values and :data:`ABSENT`.

    Returns:
        One cell for each value, and the kind of the column.
    """
    types = set(map(type, values))
    if types == {str}:
        return _text_cells(values)
    if types == {Number}:
        return values, AUTO
    if str in types and types <= _TEXT_OR_NOTHING:
        cells, kind = _text_cells([value for value in values if type(value) is str])
        texts = iter(cells)
        return [next(texts) if type(value) is str else _FIXED[value] for value in values], kind
    if list in types and (lists := _list_cells(values)) is not None:
        return lists
    if dict in types and types <= _OBJECT_OR_NOTHING and (maps := _map_cells(values)) is not None:
        return maps, MAP
    kind = STR if str in types and Number not in types and _numeric_texts(values) else AUTO
    return [_cell(value, kind) for value in values], kind


def _text_cells(texts: list[str]) -> tuple[list[str], str]:
    starts = {text[:1] for text in texts}
    literal_starts = not _LITERAL_STARTS.isdisjoint(starts)
    kind = STR if literal_starts and _numeric_texts(texts) else AUTO
    if _bare_as_they_are(texts) and (
        not literal_starts
        or (_WORDS.isdisjoint(texts) and (kind == STR or not any(map(_LITERAL.fullmatch, texts))))
    ):
        return texts, kind
    return [text_cell(text, kind) for text in texts], kind


def _numeric_texts(values: list[Any]) -> bool:
    return any(_LITERAL.fullmatch(value) for value in values if type(value) is str and value not in _WORDS)


def _cell(value: Any, kind: str) -> str:
    if type(value) is Number:
        return value
    if type(value) is str:
        return text_cell(value, kind)
    if type(value) in (list, dict):
        return COMPACT.write(value)
    return _FIXED[value]


def _list_cells(values: list[Any]) -> tuple[list[str], str] | None:
    if not set(map(type, values)) <= {list, type(None), Absent}:
        return None
    lists = [value for value in values if type(value) is list]
    items = list(chain.from_iterable(lists))
    types = set(map(type, items))
    if not items or not types <= {str, Number, bool, type(None)}:
        return None
    written, kind = cells_of(items)
    joined = "".join(written)
    if '"' in joined or "" in written or joined.split() != [joined]:
        return None
    ends = list(accumulate(map(len, lists)))
    texts = iter(
        [
            " ".join(written[start:end])
            if _reads_as_words(written, start, end)
            else COMPACT.write(items[start:end])
            for start, end in zip([0, *ends], ends, strict=False)
        ]
    )
    cells = [next(texts) if type(value) is list else _FIXED[value] for value in values]
    return cells, STRS if kind == STR else LIST


def _map_cells(values: list[Any]) -> list[str] | None:
    cells = []
    found = False
    for value in values:
        if type(value) is not dict:
            cells.append(_FIXED[value])
            continue
        if set(map(type, value.values())) == {str}:
            cell = ";".join([f"{key}={text}" for key, text in value.items()])
            if cell.count("=") == len(value) == cell.count(";") + 1 and _reads_as_pairs(cell):
                cells.append(cell)
                found = True
                continue
        cells.append(COMPACT.write(value))
    return cells if found else None


def _reads_as_pairs(cell: str) -> bool:
    return (
        cell.isprintable()
        and '"' not in cell
        and cell[0] not in "{~ ="
        and cell[-1] not in " ="
        and ";=" not in cell
        and "=;" not in cell
    )


def _reads_as_words(written: list[str], start: int, end: int) -> bool:
    return end > start + 1 or (end > start and written[start] not in ("null", ABSENT_CELL))


def requoted(cell: str, kind: str) -> str:
    """Bring a quoted cell into the one spelling that a column of its kind has for it.

    Raises:
        CompressionError: The cell is no JSON string.
    """
    try:
        text = parse(cell)
    except ValueError as error:
        raise CompressionError("a quoted cell is damaged", {"cell": cell[:80]}) from error
    if not isinstance(text, str):
        raise CompressionError("a quoted cell holds no text", {"cell": cell[:80]})
    return text if kind in SPLIT else text_cell(text, kind)


def raw_texts(cells: list[str]) -> list[str]:
    """Read the cells of a ``raw`` column."""
    if any(cell[:1] == '"' for cell in cells):
        return [parse(cell) if cell[:1] == '"' else cell for cell in cells]
    return cells


def json_of(cells: Sequence[str], kind: str, style: Style, depth: int) -> list[str]:
    """Write cells as JSON.

    Args:
        cells: Cells of one column; none of them may be absent.
        kind: The kind of the column.
        style: Formatting of the JSON.
        depth: Depth at which the values stand.

    Returns:
        One JSON text for each cell.

    Raises:
        CompressionError: A cell is damaged.
    """
    starts = {cell[:1] for cell in cells}
    if kind not in SPLIT and _MARKED_STARTS.isdisjoint(starts):
        if _LITERAL_STARTS.isdisjoint(starts) or (kind == STR and _WORD_STARTS.isdisjoint(starts)):
            return list(map(style.quote, cells))
        if kind == AUTO and _LITERALS.fullmatch("\n".join(cells) + "\n"):
            return list(cells)
    if kind == MAP:
        return [_json_of_map(cell, style, depth) for cell in cells]
    if kind in SPLIT:
        return _json_of_lists(cells, STR if kind == STRS else AUTO, style, depth)
    return [_json_of_cell(cell, kind, style, depth) for cell in cells]


def _json_of_cell(cell: str, kind: str, style: Style, depth: int) -> str:
    if cell[:1] in ('"', "[", "{"):
        try:
            return style.write(parse(cell), depth)
        except ValueError as error:
            raise CompressionError("a cell is damaged", {"cell": cell[:80]}) from error
    literal = cell in _WORDS if kind == STR else _LITERAL.fullmatch(cell) is not None
    return cell if literal else style.quote(cell)


def _json_of_lists(cells: Sequence[str], items: str, style: Style, depth: int) -> list[str]:
    plain = [cell for cell in cells if cell != "null" and cell[:1] != "["]
    if not plain:
        return [_json_of_cell(cell, AUTO, style, depth) for cell in cells]
    written = json_of(" ".join(plain).split(" "), items, style, depth + 1)
    ends = list(accumulate(cell.count(" ") + 1 for cell in plain))
    arrays = iter(
        [style.array(written[start:end], depth) for start, end in zip([0, *ends], ends, strict=False)]
    )
    if len(plain) == len(cells):
        return list(arrays)
    return [
        _json_of_cell(cell, AUTO, style, depth) if cell == "null" or cell[:1] == "[" else next(arrays)
        for cell in cells
    ]


def _json_of_map(cell: str, style: Style, depth: int) -> str:
    if cell == "null" or cell[:1] == "{":
        return _json_of_cell(cell, AUTO, style, depth)
    write, members = style.quote, []
    for pair in cell.split(";"):
        key, mark, text = pair.partition("=")
        if not mark:
            raise CompressionError("a part of an object has no name", {"cell": cell[:80]})
        members.append(f"{write(key)}{style.key}{write(text)}")
    return style.object(members, depth)
