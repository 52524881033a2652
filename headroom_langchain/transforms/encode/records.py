"""The records form: arrays of objects, JSON lines and CSV as one header and compact rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.csv_text import read_csv, write_csv
from headroom_langchain.transforms.encode.json_text import (
    equal_values,
    is_deep,
    is_unicode,
    parse,
    style_of,
    style_of_words,
)
from headroom_langchain.transforms.encode.outline import write_outline, write_rows
from headroom_langchain.transforms.encode.outline_reader import read_outline, read_rows
from headroom_langchain.transforms.encode.shape import ShapelessError, is_table
from headroom_langchain.transforms.marker import header, read_header

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.json_text import Style
    from headroom_langchain.transforms.encode.options import EncodeOptions

LABELLED: Final = "labelled"


def encode(text: str, options: EncodeOptions) -> str | None:
    """Write the records of a text as tables.

    Args:
        text: JSON, JSON lines or CSV.
        options: How the form may be written.

    Returns:
        The form; None where the text is nothing of that kind. Cells carry no names where names would cost more
        than the form saves.
    """
    if not is_unicode(text):
        return None
    try:
        written = _write(text, options)
    except (ShapelessError, RecursionError):
        return None
    if written is None:
        return None
    words, lines = written
    body = "\n".join(lines)
    note = "; ".join(filter(None, (words, _how_to_read(body))))
    form = header("records", note) + body
    if options.labelled and len(form) >= len(text):
        return encode(text, replace(options, labelled=False))
    return form


def _write(text: str, options: EncodeOptions) -> tuple[str, list[str]] | None:
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = parse(text)
        except ValueError:
            return _write_json_lines(text, options)
        if not isinstance(value, (dict, list)) or not value or is_deep(value):
            return None
        return _words("json", style_of(text, value), options), write_outline(value, options)
    return write_csv(text, options)


def _words(kind: str, style: Style, options: EncodeOptions) -> str:
    return " ".join(filter(None, (kind, style.words, LABELLED if options.labelled else "")))


def _write_json_lines(text: str, options: EncodeOptions) -> tuple[str, list[str]] | None:
    lines = text.removesuffix("\n").split("\n")
    try:
        records: list[Any] = parse("[" + ",".join(lines) + "]")
    except ValueError:
        return None
    if len(records) != len(lines) or not is_table(records) or is_deep(records):
        return None
    return _words("jsonl", style_of(text, records[0]), options), write_rows(records, options)


def _how_to_read(body: str) -> str:
    """Explain the marks that the form uses."""
    head = body[:20_000]
    words = []
    if re.search(r"^ +\S+@\d+[:= ]", head, re.MULTILINE):
        words.append("name@n: in every row")
    if re.search(r"^\S*\(", head, re.MULTILINE):
        words.append("(x): empty cell is x" + (", ^: as above" if "(^)" in head else ""))
    if re.search(r"^ +\S+\[.\]\S?@\d", head, re.MULTILINE):
        words.append("indented: lists of the row above")
    return "; ".join(words)


def decode(form: str) -> str:
    """Restore the text of a form.

    Args:
        form: What :func:`encode` wrote.

    Returns:
        The text, with its formatting where that was a standard one.

    Raises:
        CompressionError: The form is damaged.
    """
    found = read_header(form)
    if found is None or found[0] != "records":
        raise CompressionError("not a records form")
    words = found[1].partition(";")[0].split()
    try:
        return _read(words, form[found[2] :].split("\n"))
    except CompressionError:
        raise
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise CompressionError("the form is damaged", {"error": error}) from error


def _read(words: list[str], lines: list[str]) -> str:
    labelled = LABELLED in words
    kind, *details = [word for word in words if word != LABELLED] or [""]
    if kind == "json":
        style = style_of_words(details)
        return read_outline(lines, style, labelled=labelled) + style.end
    if kind == "jsonl":
        style = style_of_words(details)
        return "\n".join(read_rows(lines, style, labelled=labelled)) + style.end
    return read_csv([kind, *details], lines)


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original: the same characters, or else the same JSON value.

    Types, key order, doubled keys and number literals are part of the value; white space between tokens is not.
    """
    if decoded == original:
        return True
    try:
        return equal_values(decoded, original)
    except (ValueError, RecursionError):
        return _same_json_lines(decoded, original)


def _same_json_lines(decoded: str, original: str) -> bool:
    pairs = decoded.split("\n"), original.split("\n")
    try:
        return len(pairs[0]) == len(pairs[1]) and all(
            one == other or equal_values(one, other) for one, other in zip(*pairs, strict=True)
        )
    except (ValueError, RecursionError):
        return False
