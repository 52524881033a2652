"""What of a conversation tells the model nothing new, in tokens."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from headroom_langchain.blocks import parts_of
from headroom_langchain.dates import moments
from headroom_langchain.markup import without_markup
from headroom_langchain.results import BlockKind, ContentKind, WasteSignals
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms.detect import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.messages import BaseMessage

    from headroom_langchain.tokens import TokenCounter

_READ: Final = frozenset({BlockKind.SYSTEM, BlockKind.USER, BlockKind.ASSISTANT, BlockKind.TOOL_RESULT})
_PIECES: Final = frozenset({ContentKind.DIFF, ContentKind.SEARCH})
"""Kinds whose lines are quoted from other texts, and are no JSON or HTML of their own."""
_SOURCE: Final = _PIECES | {ContentKind.CODE}
"""Kinds in which HTML is what was asked for."""

SHORTEST_BASE64: Final = 128
"""Characters from which on base64 is data; hashes, keys and ids are shorter."""
_SHORTEST_LINE: Final = 16
"""UTF-8 bytes from which on a line that was said before is a repetition by itself."""

_BLANK: Final = r" \t\xa0\u2000-\u200a\u202f\u205f\u3000"
# Each pattern is kept from starting again inside a run it has looked at, or a long run would take quadratic time.
_INNER_RUN: Final = re.compile(rf"(?<=[^{_BLANK}\r\n])([{_BLANK}])[{_BLANK}]++")
_TRAILING: Final = re.compile(rf"(?<![{_BLANK}])[{_BLANK}]++(?=\r?\n|\Z)")
_EMPTY_LINES: Final = re.compile(r"(\r?\n\r?\n)(?:\r?\n)++")
_CLOSERS: Final = {"{": "}", "[": "]"}
_STRING_OR_BLANKS: Final = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+")|[ \t\r\n]++', re.DOTALL)
_DATA_URI: Final = re.compile(r"data:[\w/+.;=-]{0,100};base64,[A-Za-z0-9+/_-]++={0,2}")
_BASE64_RUN: Final = re.compile(
    # A line of it, then lines of at least 60 characters, then a last one that is padded.
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{60,}+(?:(?:\r?\n|\\n)[A-Za-z0-9+/_-]{60,}+)*+"
    r"(?:(?:(?:\r?\n|\\n)[A-Za-z0-9+/_-]{1,59})?={1,2})?"
)
_UPPER: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER: Final = _UPPER.lower()
_DIGITS: Final = b"0123456789"


def waste_signals(
    messages: str | Sequence[BaseMessage] | Sequence[str], counter: TokenCounter | None = None
) -> WasteSignals:
    """Measure what of a conversation tells the model nothing new.

    Each signal takes its waste out of a text, and is worth the tokens that the text lost by it; the next one sees
    what is left. So no token is counted twice, and the total is what a text takes now minus what would be left.
    In this order:

    1. JSON bloat: blanks and line breaks between the parts of JSON, where a whole text, a line, or a run of lines
       parses as JSON. Such a run starts with ``{`` or ``[`` alone in its line or behind a colon, and ends with the
       line of the same indentation that closes it. Broken JSON is no JSON; nor are lines of diffs and of search
       results, which are quoted from elsewhere.
    2. base64: ``data:`` URIs, and runs of at least 128 characters that are mixed like base64, wrapped lines
       included (the last of them only if it is padded). Hashes, paths, hexadecimal digits and names are none.
    3. HTML noise: see :func:`~headroom_langchain.markup.without_markup`. Not in source code, diffs and search
       results, where it is what was asked for.
    4. White space: blanks beyond the first between words, blanks at the ends of lines, empty lines beyond the
       first. The indentation of a line is not waste.
    5. Dynamic dates: see :func:`~headroom_langchain.dates.moments`; in system text only, which is the part that a
       prompt cache holds. Whether a date will change is not to be seen: those that never do are counted too.
    6. Repetition: lines that stood in this text or an earlier one. Shorter ones than 16 bytes (``}``, ``pass``)
       count where they follow a repetition that they followed before, so a block that is repeated counts whole.

    Of messages, the texts of system, user, assistant and tools are looked at; tool calls, reasoning, files and
    media are not.

    Time grows with the length of the texts, plus one count of a text for each signal that is found in it.

    Args:
        messages: Messages, oldest first, or texts, which are taken for tool results.
        counter: Counts texts; None counts with ``o200k_base``.

    Returns:
        Tokens by signal.

    Raises:
        TokenizationError: A counter of the user's returned no count.

    Example:
        >>> waste_signals(['{"id":   1}', "all   done"]).to_dict()["json_bloat_tokens"]
        2
    """
    count = (counter_for(None) if counter is None else counter).count
    spent = dict.fromkeys(WasteSignals().to_dict(), 0)
    repeats = _Repeats()
    for text, system in _texts(messages):
        left, least = text, count(text)
        for signal, lean in _signals(text, repeats, system=system):
            leaner = lean(left)
            if leaner is not left and leaner != left:
                # Taking a part out can cost a token where its neighbours join; that is no waste.
                tokens = min(least, count(leaner))
                spent[signal] += least - tokens
                left, least = leaner, tokens
    return WasteSignals(**spent)


def _texts(messages: str | Sequence[BaseMessage] | Sequence[str]) -> Iterator[tuple[str, bool]]:
    for message in [messages] if isinstance(messages, str) else messages:
        if isinstance(message, str):
            yield message, False
            continue
        for part in parts_of(message):
            if part.kind in _READ:
                yield part.text, part.kind is BlockKind.SYSTEM


def _signals(text: str, repeats: _Repeats, *, system: bool) -> Iterator[tuple[str, Callable[[str], str]]]:
    kind = detect(text)
    if kind not in _PIECES:
        yield "json_bloat_tokens", _minified
    yield "base64_tokens", _without_base64
    if kind not in _SOURCE:
        yield "html_noise_tokens", without_markup
    yield "whitespace_tokens", _without_blanks
    if system:
        yield "dynamic_date_tokens", _without_dates
    yield "repetition_tokens", repeats.without


def _minified(text: str) -> str:
    """The text with the JSON in it minified."""
    whole = text.strip(" \t\r\n\ufeff")
    if whole[:1] in _CLOSERS and whole[-1:] == _CLOSERS[whole[:1]]:
        lean = _minify(whole)
        if lean is not None:
            return text.replace(whole, lean, 1)
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if not _is_blank(line)]
    written: dict[int, str | None] = {}
    position = 0
    while position < len(filled):
        last = _minify_from(lines, filled, position, written)
        position = last + 1
    if not written:
        return text
    kept = (written.get(index, line) for index, line in enumerate(lines))
    return "\n".join(line for line in kept if line is not None)


def _is_blank(line: str) -> bool:
    return not line or line.isspace()


def _minify_from(lines: list[str], filled: list[int], position: int, written: dict[int, str | None]) -> int:
    """Write the JSON that starts in a line as one line.

    Returns:
        The position of the last line that was looked at as JSON; the same position where there was none to end.
    """
    index = filled[position]
    line = lines[index]
    text = line.strip()
    if text[0] in _CLOSERS and text[-1] == _CLOSERS[text[0]] and len(text) > 2:
        lean = _minify(text)
        if lean is not None and lean != text:
            written[index] = line.replace(text, lean, 1)
        return position
    closer = _CLOSERS.get(text[-1])
    if closer is None or text[:-1].rstrip()[-1:] not in ("", ":"):
        return position
    depth = _indentation(line)
    end = position + 1
    # A line is looked at once for each level it is indented by, so this is linear in characters.
    while end < len(filled) and _indentation(lines[filled[end]]) > depth:
        end += 1
    if end == len(filled) or not lines[filled[end]].startswith(closer, depth):
        return position
    start, closing = len(line.rstrip()) - 1, lines[filled[end]]
    lean = _minify("\n".join([line[start:], *lines[index + 1 : filled[end]], closer]))
    if lean is not None:
        written[index] = line[:start] + lean + closing[depth + 1 :]
        written.update(dict.fromkeys(range(index + 1, filled[end] + 1)))
    return end


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _minify(source: str) -> str | None:
    """JSON without blanks and line breaks between its parts; None for what is no JSON."""
    try:
        # Numbers stay text: Python refuses to read those of thousands of digits.
        json.loads(source, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return _STRING_OR_BLANKS.sub(r"\1", source)


def _without_base64(text: str) -> str:
    if "base64," in text:
        text = _DATA_URI.sub("", text)
    return _BASE64_RUN.sub(lambda run: "" if _is_base64(run[0]) else run[0], text)


def _is_base64(run: str) -> bool:
    """Whether letters and digits are mixed as in base64; names, paths and hexadecimal digits are not."""
    if len(run) < SHORTEST_BASE64:
        return False
    data = run.encode("ascii")
    upper, lower, digits = (
        len(data) - len(data.translate(None, letters)) for letters in (_UPPER, _LOWER, _DIGITS)
    )
    return min(upper, lower) * 5 >= len(data) and digits * 25 >= len(data)


def _without_blanks(text: str) -> str:
    return _EMPTY_LINES.sub(r"\1", _TRAILING.sub("", _INNER_RUN.sub(r"\1", text)))


def _without_dates(text: str) -> str:
    kept, at = [], 0
    for start, end in moments(text):
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]]) if at else text


class _Repeats:
    """The lines of a conversation so far."""

    def __init__(self) -> None:
        self._seen: set[str | tuple[str, str]] = set()

    def without(self, text: str) -> str:
        """Leave out the lines that were seen before, and remember the others."""
        kept = []
        above, repeated = "", False
        for line in text.split("\n"):
            plain = line.rstrip()
            follows = (above, plain)
            known = follows in self._seen and repeated
            if len(plain) >= _SHORTEST_LINE or len(plain.encode("utf-8", "surrogatepass")) >= _SHORTEST_LINE:
                known = plain in self._seen
                self._seen.add(plain)
            self._seen.add(follows)
            if not known:
                kept.append(line)
            above, repeated = plain, known
        return "\n".join(kept)
