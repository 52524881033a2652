"""JSON text: parsed with number literals as written, and written back in the formatting it had."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Final

from headroom_langchain.exceptions import CompressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Number(str):
    """A number literal (``NaN`` and ``Infinity`` included) exactly as it was written."""

    __slots__ = ()


MAX_LEVELS: Final = 64
"""Values nested deeper than this are left alone."""
_DECODER: Final = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number)
_PROOF_DECODER: Final = json.JSONDecoder(
    parse_float=lambda literal: ("number", literal),
    parse_int=lambda literal: ("number", literal),
    parse_constant=lambda literal: ("number", literal),
    object_pairs_hook=tuple,
)
_OPENING: Final = re.compile(r"[\[{](\s*)")
_KEY_SEPARATOR: Final = re.compile(r'"(\s*:\s*)')
_INDENTED: Final = re.compile(r"\n([ \t]+)")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parse(text: str) -> Any:
    """Parse JSON into dicts, lists, strings, booleans, None and :class:`Number`.

    Args:
        text: JSON as Python's own parser accepts it.

    Returns:
        The value. Of a key that stands twice in an object the last value is kept, as in Python's parser.

    Raises:
        ValueError: The text is no JSON.
        RecursionError: The text is nested too deep.
    """
    return _DECODER.decode(text)


def is_deep(value: Any) -> bool:
    """Whether a parsed value is nested deeper than :data:`MAX_LEVELS`.

    A limit of our own, well below the interpreter's: how deep the caller stands must not decide about a form.
    """
    level = [value]
    for _ in range(MAX_LEVELS):
        items = chain.from_iterable([item.values() if type(item) is dict else item for item in level])
        level = [item for item in items if type(item) is dict or type(item) is list]
        if not level:
            return False
    return True


def quote(text: str) -> str:
    """Write a string as a JSON literal that is valid Unicode, escaping as little as possible."""
    return encode_basestring_ascii(text) if _SURROGATE.search(text) else encode_basestring(text)


def is_unicode(text: str) -> bool:
    """Whether a text can be sent: no half of a surrogate pair stands alone in it."""
    return text.isascii() or _SURROGATE.search(text) is None


@dataclass(frozen=True, slots=True)
class Style:
    """How a JSON text is formatted."""

    indent: str | None = None
    """What one level is indented by; None for one line."""
    item: str = ", "
    """Between items; in an indented text a line break follows."""
    key: str = ": "
    """Between key and value."""
    ascii: bool = False
    """Everything beyond ASCII is escaped."""
    end: str = ""
    """What follows the value: nothing or a line break."""
    sendable: bool = False
    """Halves of surrogate pairs are escaped even where other characters are not."""

    @property
    def words(self) -> str:
        """The style in a few words, as :func:`style_of_words` reads them; nothing for the default."""
        words = []
        if self.indent is not None:
            words.append("tabs" if self.indent == "\t" else f"indent {len(self.indent)}")
        elif self.item == ",":
            words.append("compact")
        if self.key == " : ":
            words.append("spaced")
        if self.ascii:
            words.append("ascii")
        if self.end:
            words.append("newline")
        return " ".join(words)

    @property
    def quote(self) -> Callable[[str], str]:
        """The function that writes a string in this style."""
        if self.ascii:
            return encode_basestring_ascii
        return quote if self.sendable else encode_basestring

    def array(self, items: Iterable[str], depth: int) -> str:
        """Write an array of items that are written already, at a depth (0 is the root)."""
        return self._container("[", "]", items, depth)

    def object(self, members: Iterable[str], depth: int) -> str:
        """Write an object of members (``"key": value``) that are written already, at a depth (0 is the root)."""
        return self._container("{", "}", members, depth)

    def _container(self, opening: str, closing: str, items: Iterable[str], depth: int) -> str:
        if self.indent is None:
            return f"{opening}{self.item.join(items)}{closing}"
        inner = "\n" + self.indent * (depth + 1)
        body = f"{self.item}{inner}".join(items)
        if not body:
            return opening + closing
        return f"{opening}{inner}{body}\n{self.indent * depth}{closing}"

    def write(self, value: Any, depth: int = 0) -> str:
        """Write a parsed value at a depth (0 is the root)."""
        kind = type(value)
        if kind is str:
            return self.quote(value)
        if kind is Number:
            return str(value)
        if kind is dict:
            quoted, separator = self.quote, self.key
            return self.object(
                [f"{quoted(key)}{separator}{self.write(item, depth + 1)}" for key, item in value.items()],
                depth,
            )
        if kind is list:
            return self.array([self.write(item, depth + 1) for item in value], depth)
        return "null" if value is None else "true" if value else "false"


LONGEST_WIDTH: Final = 3
"""Digits of the widest indentation."""
COMPACT: Final = Style(item=",", key=":", sendable=True)
"""The style of JSON inside a form."""


def style_of_words(words: Iterable[str]) -> Style:
    """Read a style from its words.

    Raises:
        CompressionError: The words name no style.
    """
    indent: str | None = None
    item, key, ascii_only, end = ", ", ": ", False, ""
    rest = iter(words)
    for word in rest:
        if word == "compact":
            item, key = ",", ":"
        elif word == "indent":
            width = next(rest, "")
            if not width.isdecimal() or len(width) > LONGEST_WIDTH:
                raise CompressionError("unknown formatting", {"indent": width})
            indent, item = " " * int(width), ","
        elif word == "tabs":
            indent, item = "\t", ","
        elif word == "spaced":
            key = " : "
        elif word == "ascii":
            ascii_only = True
        elif word == "newline":
            end = "\n"
        else:
            raise CompressionError("unknown formatting", {"word": word})
    return Style(indent, item, key, ascii_only, end)


def style_of(text: str, value: Any) -> Style:
    """Guess the formatting of a JSON text from its beginning; a wrong guess costs exact bytes, never a value.

    Args:
        text: The JSON text.
        value: What it parses to.

    Returns:
        The style that writes the beginning of the text as it stands there, or the nearest standard one.
    """
    opening = _OPENING.match(text)
    separator = _KEY_SEPARATOR.search(text, 0, 10_000)
    end = "\n" if text.endswith("\n") else ""
    escaped = text.isascii() and "\\u" in text
    indent = None
    if opening is not None and (found := _INDENTED.fullmatch(opening[1])):
        indent = "\t" if found[1] == "\t" else " " * min(len(found[1]), 999)
    key = separator[1] if separator is not None and separator[1] in (":", ": ", " : ") else ": "
    if indent is not None:
        return Style(indent, ",", ": " if key == ":" else key, escaped, end)
    if separator is None and isinstance(value, list) and len(value) > 1:
        key = ": " if text.startswith("[" + Style().write(value[0]) + ", ") else ":"
    return Style(None, "," if key == ":" else ", ", key, escaped, end)


def equal_values(one: str, other: str) -> bool:
    """Whether two JSON texts hold the same value: types, key order, doubled keys and number literals included.

    Raises:
        ValueError: A text is no JSON.
        RecursionError: A text is nested too deep.
    """
    return bool(_PROOF_DECODER.decode(one) == _PROOF_DECODER.decode(other))
