"""How a table is announced: legend lines for what is not in the rows, then the header line of what is.

::

    orders[20,]
     currency@3: EUR                                    constant, the 4th part of each record
     url@1=https://shop.example/orders/{id}             derived
     state@5 by city: CO=Denver;TX=Dallas,Austin;else CA    looked up
     line@0=1..                                         counted from 1 within each list
     note@6?                                            optional: only in rows that end with note=...
     items[,]@4                                         a list in each record; its rows are indented
      sku,price
    id,city,zip:str,coupon(~)

Behind a name in the header, ``:str`` tells the kind of the column and ``(x)`` what an empty cell stands for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.cells import ABSENT_CELL, RAW, requoted
from headroom_langchain.transforms.encode.json_text import parse, quote
from headroom_langchain.transforms.encode.rules import (
    Above,
    Constant,
    Counted,
    Default,
    Derived,
    Mapped,
    Rule,
    Template,
)
from headroom_langchain.transforms.encode.stages import Stage, read_stage

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.shape import Path

_BARE: Final = re.compile(r"(?!-$)[\w$#/+%-]+")
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_NAME: Final = rf"(?:(?:{_QUOTED}|[\w$#/+%-]+)(?:\.(?=[\w\"$#/+%-]))?)+"
_SEGMENT: Final = re.compile(rf"({_QUOTED}|[\w$#/+%-]+)[.,]?")
_LEGEND: Final = re.compile(
    rf"(?P<name>{_NAME}|@)(?P<kind>:[a-z]+)?"
    r"(?:\[(?P<delimiter>.)\](?P<tag>[^\w@ ])?)?"
    r"(?:@(?P<position>\d+))?"
    r"(?P<what>\?$| none (?=.)| order \d+: | if (?P<where>[^:]+): | by (?P<source>[^:]+): |: |=|$)(?P<rest>.*)"
)
_LOOKUP_ITEM: Final = re.compile(rf"({_QUOTED}|[^,;=]*)([,;=]|$)")
ABOVE_MARK: Final = "^"
TEMPLATE_MARK: Final = "="
DELIMITERS: Final = (",", "|", "\t", ";")


def segment(key: str) -> str:
    """Write a key as a part of a name."""
    return key if _BARE.fullmatch(key) else quote(key)


def name_of(path: Path) -> str:
    """Write a path as a name."""
    return ".".join(map(segment, path))


def path_of(name: str) -> Path:
    """Read a path from its name."""
    return tuple(parse(key) if key[0] == '"' else key for key in _SEGMENT.findall(name))


@dataclass(slots=True)
class Written:
    """A column that stands in the rows."""

    path: Path
    kind: str
    stages: tuple[Stage, ...] = ()
    """What was done to the cells, in this order, before they were written."""
    default: Default | None = None
    """What an empty cell stands for; None for an empty text."""

    @property
    def label(self) -> str:
        """The name of the column in a labelled cell."""
        return re.sub(r"[^\w-]", "_", self.path[-1] if self.path else "")


@dataclass(slots=True)
class Ruled:
    """A column that follows from a rule."""

    path: Path
    kind: str
    rule: Rule


@dataclass(slots=True)
class Extra:
    """A column of few rows: labelled cells at their end."""

    path: Path
    kind: str


@dataclass(slots=True)
class Child:
    """A list of records in each row."""

    path: Path
    tag: str
    none: str
    spec: Spec


Part = Written | Ruled | Extra | Child
"""A column or a nested list."""


@dataclass(slots=True)
class Note:
    """What the legend says of one object."""

    none: str = ABSENT_CELL
    orders: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(slots=True)
class Spec:
    """The announcement of a table."""

    delimiter: str
    parts: list[Part] = field(default_factory=list)
    notes: dict[Path, Note] = field(default_factory=dict)

    @property
    def written(self) -> list[Written]:
        """The columns that stand in the rows."""
        return [part for part in self.parts if isinstance(part, Written)]

    @property
    def children(self) -> list[Child]:
        """The nested lists."""
        return [part for part in self.parts if isinstance(part, Child)]

    def lines(self, indent: str = "") -> list[str]:
        """Write the legend and the header line."""
        inner = indent + " "
        lines = []
        for path, note in self.notes.items():
            name = name_of(path) or "@"
            if note.none != ABSENT_CELL:
                lines.append(f"{inner}{name} none {note.none}")
            lines += [
                f"{inner}{name} order {number}: {','.join(map(segment, order))}"
                for number, order in enumerate(note.orders, 1)
            ]
        for position, part in enumerate(self.parts):
            name = name_of(part.path)
            if isinstance(part, Child):
                lines.append(f"{inner}{name}[{part.spec.delimiter}]{part.tag}@{position}{_none(part.none)}")
                lines += part.spec.lines(inner + " ")
            elif isinstance(part, Extra):
                lines.append(f"{inner}{name}{_kind(part.kind)}@{position}?")
            elif isinstance(part, Ruled):
                lines.append(f"{inner}{name}{_kind(part.kind)}@{position}{_rule(part.rule)}")
            else:
                lines += [f"{inner}{name}={stage}" for stage in part.stages]
                if isinstance(part.default, Template):
                    lines.append(f"{inner}{name}={part.default}")
        lines.append(indent + self._header())
        return lines

    def _header(self) -> str:
        names = []
        parent: Path = ()
        for part in self.written:
            near = bool(parent) and part.path[:-1] == parent
            name = "." + segment(part.path[-1]) if near else name_of(part.path)
            parent = part.path[:-1]
            names.append(name + _kind(part.kind) + _default(part.default, self.delimiter))
        return self.delimiter.join(names)


def _kind(kind: str) -> str:
    return f":{kind}" if kind and kind != RAW else ""


def _none(none: str) -> str:
    return "" if none == "[]" else f" none {none}"


def _default(default: Default | None, delimiter: str) -> str:
    if default is None:
        return ""
    if isinstance(default, Template):
        return f"({TEMPLATE_MARK})"
    if isinstance(default, Above):
        return f"({ABOVE_MARK})"
    plain = not any(mark in default for mark in f'()"{delimiter}') and default not in (
        ABOVE_MARK,
        TEMPLATE_MARK,
    )
    return f"({default})" if plain or default[:1] == '"' else f"({quote(default)})"


def _rule(rule: Rule) -> str:
    if isinstance(rule, Constant):
        return f": {rule.cell}" if rule.where is None else f" if {rule.where}: {rule.cell}"
    if isinstance(rule, Derived):
        return f"={rule.template}"
    if isinstance(rule, Counted):
        return f"={rule.start}.."
    return f" by {rule.source}: {lookup_text(rule.cells)}"


def lookup_text(cells: dict[str, str]) -> str:
    """Write a look-up: each result with the cells it stands for; the most frequent result is ``else``."""
    groups: dict[str, list[str]] = {}
    for source, cell in cells.items():
        groups.setdefault(cell, []).append(source)
    usual = max(groups, key=lambda cell: len(groups[cell]))
    parts = [
        f"{_item(cell)}={','.join(map(_item, sources))}" for cell, sources in groups.items() if cell != usual
    ]
    return ";".join([*parts, f"else={_item(usual)}"])


def _item(cell: str) -> str:
    return (
        quote(cell)
        if cell[:1] == '"' or any(mark in cell for mark in ",;=") or cell in ("", "else")
        else cell
    )


class _Else(dict[str, str]):
    """A look-up with a usual result."""

    def __init__(self, cells: dict[str, str], usual: str) -> None:
        super().__init__(cells)
        self.usual = usual

    def __missing__(self, key: str) -> str:
        return self.usual


def _lookup(text: str) -> dict[str, str]:
    cells: dict[str, str] = {}
    result: str | None = None
    usual: str | None = None
    position = 0
    while position <= len(text):
        found = _LOOKUP_ITEM.match(text, position)
        if found is None:
            raise CompressionError("a look-up is damaged", {"look-up": text[:80]})
        item, mark = found[1], found[2]
        cell = parse(item) if item[:1] == '"' else item
        position = found.end()
        if mark == "=" and result is None:
            result = "else" if item == "else" else "=" + cell
        elif result == "else":
            usual = cell
        elif result is not None:
            cells[cell] = result[1:]
        if mark == ";":
            result = None
        if not mark:
            break
    if usual is None:
        raise CompressionError("a look-up has no usual result", {"look-up": text[:80]})
    return _Else(cells, usual)


class Reader:
    """Reads the announcement of a table from lines."""

    def __init__(self, lines: list[str], position: int = 0, kind: str = "") -> None:
        self.lines = lines
        self.position = position
        self.kind = kind

    def read(self, delimiter: str, indent: str = "") -> Spec:
        """Read the legend and the header line at the position, and step behind them.

        Raises:
            CompressionError: The lines are damaged.
        """
        spec = Spec(delimiter)
        fixed: dict[int, Ruled | Extra | Child] = {}
        stages: dict[str, list[Stage | Template]] = {}
        inner = indent + " "
        while self._line().startswith(inner):
            line = self._line()[len(inner) :]
            self.position += 1
            self._legend(line, inner, spec, fixed, stages)
        header = self._line()
        self.position += 1
        if not header.startswith(indent):
            raise CompressionError("a header line is missing", {"line": header[:80]})
        written = iter(_read_header(header[len(indent) :], delimiter, stages, self.kind))
        for position in range(len(fixed) + header.count(delimiter) + 1):
            part = fixed[position] if position in fixed else next(written, None)
            if part is not None:
                spec.parts.append(part)
        if next(written, None) is not None or len(fixed) != sum(
            not isinstance(p, Written) for p in spec.parts
        ):
            raise CompressionError("the legend does not fit the header line", {"header": header[:80]})
        return spec

    def _line(self) -> str:
        if self.position >= len(self.lines):
            raise CompressionError("the table ends inside its legend")
        return self.lines[self.position]

    def _legend(
        self,
        line: str,
        inner: str,
        spec: Spec,
        fixed: dict[int, Ruled | Extra | Child],
        stages: dict[str, list[Stage | Template]],
    ) -> None:
        found = _LEGEND.fullmatch(line)
        if found is None:
            raise CompressionError("a legend line is damaged", {"line": line[:80]})
        name, what, rest = found["name"], found["what"], found["rest"]
        path = () if name == "@" else path_of(name)
        kind = found["kind"][1:] if found["kind"] else self.kind
        if found["position"] is None:
            if what == " none ":
                spec.notes.setdefault(path, Note()).none = rest
            elif what.startswith(" order "):
                spec.notes.setdefault(path, Note()).orders.append(path_of(rest))
            elif what == "=":
                stages.setdefault(name, []).append(read_stage(rest, stages))
            else:
                raise CompressionError("a legend line has no position", {"line": line[:80]})
            return
        position = int(found["position"])
        if found["delimiter"]:
            none = rest if what == " none " else "[]"
            fixed[position] = Child(
                path, found["tag"] or "", none, self.read(found["delimiter"], inner + " ")
            )
        elif what == "?":
            fixed[position] = Extra(path, kind)
        else:
            fixed[position] = Ruled(path, kind, _read_rule(found))


def _read_rule(found: re.Match[str]) -> Rule:
    what, rest = found["what"], found["rest"]
    if what == "=":
        counted = re.fullmatch(r"(-?\d+)\.\.", rest, re.ASCII)
        return Counted(int(counted[1])) if counted else Derived(Template.read(rest))
    if found["source"]:
        return Mapped(found["source"], _lookup(rest))
    return Constant(rest, found["where"])


def _read_header(
    header: str, delimiter: str, stages: dict[str, list[Stage | Template]], usual_kind: str
) -> list[Written]:
    if not header:
        return []
    mark = re.escape(delimiter)
    item = re.compile(rf'(\.?)({_NAME})(?::([a-z]+))?(?:\(({_QUOTED}|[^()"]*)\))?({mark}|$)')
    columns: list[Written] = []
    parent: Path = ()
    position = 0
    while position < len(header):
        found = item.match(header, position)
        if found is None:
            raise CompressionError("a header line is damaged", {"header": header[position : position + 80]})
        path = (*parent, *path_of(found[2])) if found[1] else path_of(found[2])
        kind = found[3] or usual_kind
        told = stages.get(name_of(path), [])
        default: Default | None = found[4]
        if default == TEMPLATE_MARK:
            default = next(iter([stage for stage in told if isinstance(stage, Template)]), None)
        elif default is not None:
            default = Above() if default == ABOVE_MARK else _read_default(found[4], kind)
        taken = tuple(stage for stage in told if not isinstance(stage, Template))
        columns.append(Written(path, kind, taken, default))
        parent = path[:-1]
        position = found.end()
    return columns


def _read_default(text: str, kind: str) -> str:
    return requoted(text, kind) if text[:1] == '"' else text
