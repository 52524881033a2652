"""CSV text: columns of texts with the quoting and line ends they had."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import RAW, raw_cells, raw_texts
from headroom_langchain.transforms.encode.shape import Leaf, Shape
from headroom_langchain.transforms.encode.spec import DELIMITERS, Reader
from headroom_langchain.transforms.encode.tables import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headroom_langchain.transforms.encode.options import EncodeOptions

SEPARATORS: Final = {",": "csv", "\t": "tsv", ";": "ssv", "|": "psv"}
MIN_ROWS: Final = 3
MAX_ODD: Final = 0.1
"""Share of lines that may be kept as they are, outside the table."""
LONGEST_FIELD: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV text is formatted."""

    separator: str
    crlf: bool = False
    newline: bool = True
    """The last line ends like the others."""
    named: bool = True
    """The first line names the columns."""
    quoted_names: bool = False
    quoted: tuple[int, ...] = field(default=())
    """Columns whose values are always quoted; the others are where they must be."""

    @property
    def words(self) -> str:
        """The dialect in a few words, as :func:`dialect_of_words` reads them."""
        words = [SEPARATORS[self.separator]]
        words += ["crlf"] if self.crlf else []
        words += [] if self.newline else ["unended"]
        words += [] if self.named else ["unnamed"]
        words += ["names-quoted"] if self.quoted_names else []
        words += [f"quoted-{','.join(map(str, self.quoted))}"] if self.quoted else []
        return " ".join(words)

    def row(self, texts: Sequence[str], quoted: Sequence[int]) -> str:
        """Write one row."""
        return self.separator.join(
            [
                _quoted(text) if number in quoted or self.must_quote(text) else text
                for number, text in enumerate(texts)
            ]
        )

    def must_quote(self, text: str) -> bool:
        """Whether a value must stand in quotes."""
        return '"' in text or self.separator in text or "\n" in text or "\r" in text

    def rows(self, columns: list[list[str]]) -> list[str]:
        """Write all rows, whole columns at a time."""
        written = []
        for number, column in enumerate(columns):
            if number in self.quoted:
                written.append(list(map(_quoted, column)))
            elif self.must_quote("".join(column)):
                written.append([_quoted(text) if self.must_quote(text) else text for text in column])
            else:
                written.append(column)
        return list(map(self.separator.join, zip(*written, strict=True)))


def dialect_of_words(words: list[str]) -> Dialect:
    """Read a dialect from its words.

    Raises:
        CompressionError: The words name no dialect.
    """
    separator = next((mark for mark, word in SEPARATORS.items() if word == words[0]), None)
    if separator is None:
        raise CompressionError("unknown separator", {"word": words[0]})
    quoted: tuple[int, ...] = ()
    for word in words[1:]:
        if word.startswith("quoted-"):
            quoted = tuple(map(int, word.removeprefix("quoted-").split(",")))
    return Dialect(
        separator,
        crlf="crlf" in words,
        newline="unended" not in words,
        named="unnamed" not in words,
        quoted_names="names-quoted" in words,
        quoted=quoted,
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def write_csv(text: str, options: EncodeOptions) -> tuple[str, list[str]] | None:
    """Write a CSV text as a table. Cells carry no names: they had none.

    Args:
        text: Any text.
        options: How the form may be written.

    Returns:
        Words that tell the formatting, and the lines; None where the text is no CSV.
    """
    crlf = "\r\n" in text
    end = "\r\n" if crlf else "\n"
    newline = text.endswith(end)
    body = text[: -len(end)] if newline else text
    separator = _separator(body.partition(end)[0])
    if separator is None:
        return None
    lines = body.split(end)
    rows = _parse(body, lines, separator)
    if rows is None or len(rows) <= MIN_ROWS:
        return None
    width = len(rows[0])
    named = _are_names(rows[0])
    whole = len(rows) == len(lines)
    odd = {number for number, row in enumerate(rows) if len(row) != width}
    if width < 2 or (odd and not whole):
        return None
    even = [row for number, row in enumerate(rows) if number not in odd] if odd else rows
    columns = [list(column) for column in zip(*even[named:], strict=True)]
    dialect = _dialect(Dialect(separator, crlf, newline, named), rows, lines)
    quoted_names = dialect.quoted_names
    head = [dialect.row(rows[0], range(width) if quoted_names else ())] if named else []
    written = head + dialect.rows(columns)
    if odd or end.join(written) != body:
        if not whole:
            return None
        again = iter(written)
        odd |= {n for n in range(len(rows)) if n not in odd and next(again) != lines[n]}
        if (named and 0 in odd) or len(odd) > MAX_ODD * len(rows):
            return None
        columns = [
            list(c)
            for c in zip(*[row for n, row in enumerate(rows[named:], named) if n not in odd], strict=True)
        ]
    return dialect.words, _lines(
        rows[0] if named else None, columns, {n: lines[n] for n in sorted(odd)}, options
    )


def _lines(
    names: list[str] | None, columns: list[list[str]], odd: dict[int, str], options: EncodeOptions
) -> list[str]:
    count = len(columns[0])
    paths = names or list(map(str, range(1, len(columns) + 1)))
    shape = Shape(
        count, [Leaf((path,), raw_cells(column), RAW) for path, column in zip(paths, columns, strict=True)]
    )
    table = write_table(shape, [count], replace(options, labelled=False))
    kept = [f"{number}: {line}" for number, line in odd.items()]
    return [*kept, f"[{count}{table.spec.delimiter}]", *table.spec.lines(), *table.blocks]


def _separator(line: str) -> str | None:
    best = max(DELIMITERS, key=line.count)
    return best if best in line else None


def _parse(body: str, lines: list[str], separator: str) -> list[list[str]] | None:
    if '"' not in body:
        return [line.split(separator) for line in lines]
    try:
        return list(csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return None


def _are_names(row: list[str]) -> bool:
    return (
        all(name and name == name.strip() and name.isprintable() and len(name) < 100 for name in row)
        and len(set(row)) == len(row)
        and not any(name[0].isdigit() or name[0] in "-+." for name in row)
    )


def _dialect(plain: Dialect, rows: list[list[str]], lines: list[str]) -> Dialect:
    """Find out what is always in quotes, by the first rows."""
    if '"' not in "".join(lines[:5]):
        return plain
    everything = tuple(range(len(rows[0])))
    pieces = [line.split(plain.separator) for line in lines[plain.named : plain.named + 5]]
    even = [row for row in pieces if len(row) == len(everything)]
    some = tuple(number for number in everything if even and all(row[number][:1] == '"' for row in even))
    quoted_names = plain.named and lines[0] == plain.row(rows[0], everything) != plain.row(rows[0], ())
    for quoted in ((), everything, some):
        dialect = replace(plain, quoted_names=quoted_names, quoted=quoted)
        if all(
            dialect.row(row, quoted) == line
            for row, line in zip(rows[plain.named : 5], lines[plain.named : 5], strict=True)
        ):
            return dialect
    return replace(plain, quoted_names=quoted_names, quoted=some)


def read_csv(words: list[str], lines: list[str]) -> str:
    """Restore a CSV text.

    Args:
        words: The formatting.
        lines: What :func:`write_csv` wrote.

    Returns:
        The text.

    Raises:
        CompressionError: The lines are damaged.
    """
    dialect = dialect_of_words(words)
    odd: dict[int, str] = {}
    position = 0
    while not lines[position].startswith("["):
        number, mark, line = lines[position].partition(": ")
        if not mark or not number.isdecimal():
            raise CompressionError("a line is damaged", {"line": lines[position][:80]})
        odd[int(number)] = line
        position += 1
    announced = lines[position]
    reader = Reader(lines, position + 1, RAW)
    spec = reader.read(announced[-2:-1])
    table = read_table(spec, lines[reader.position :])
    if announced != f"[{table.rows}{spec.delimiter}]":
        raise CompressionError("rows are missing", {"announced": announced, "found": table.rows})
    columns = [raw_texts(table.cells[part.path]) for part in spec.parts]
    written = dialect.rows(columns)
    if dialect.named:
        names = [part.path[0] for part in spec.parts]
        written.insert(0, dialect.row(names, range(len(names)) if dialect.quoted_names else ()))
    for place, line in odd.items():
        written.insert(place, line)
    end = "\r\n" if dialect.crlf else "\n"
    return end.join(written) + (end if dialect.newline else "")
