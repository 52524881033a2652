"""The records form: arrays of objects, JSON lines and CSV as one header and compact rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.json_text import equal_values, parse, style_of, style_of_words
from headroom_langchain.transforms.encode.outline import read_outline, write_outline
from headroom_langchain.transforms.encode.shape import ShapelessError
from headroom_langchain.transforms.marker import header, read_header

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.options import EncodeOptions


def encode(text: str, options: EncodeOptions) -> str | None:
    """Write the records of a text as tables.

    Args:
        text: JSON, JSON lines or CSV.
        options: How the form may be written.

    Returns:
        The form; None where the text is nothing of that kind or nothing would be saved.
    """
    try:
        return _encode_json(text, options)
    except (ValueError, RecursionError):
        return None


def _encode_json(text: str, options: EncodeOptions) -> str | None:
    value = parse(text)
    if not isinstance(value, (dict, list)) or not value:
        return None
    style = style_of(text, value)
    try:
        body = write_outline(value, options)
    except ShapelessError:
        return None
    words = ["json", style.words, "labelled" if options.labelled else ""]
    return header("records", " ".join(filter(None, words))) + "\n".join(body)


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
    body = form[found[2] :]
    if words[:1] == ["json"]:
        labelled = "labelled" in words
        style = style_of_words(" ".join(word for word in words[1:] if word != "labelled"))
        return read_outline(body.split("\n"), style, labelled=labelled) + style.end
    raise CompressionError("unknown kind of records", {"kind": words[:1]})


def same(decoded: str, original: str) -> bool:
    """Whether a decoded text equals the original: the same characters, or else the same JSON value.

    Types, key order, doubled keys and number literals are part of the value; white space between tokens is not.
    """
    if decoded == original:
        return True
    try:
        return equal_values(decoded, original)
    except (ValueError, RecursionError):
        return False
