"""The parts of a syntax tree that can be left out of a file without breaking it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from headroom_langchain.transforms.select.grammars import COMMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from headroom_langchain.transforms.select.grammars import Grammar

Kind = Literal["head", "imports", "plain", "body", "data", "comment"]

_BODY: Final = 60
"""Bytes from which on a body is worth its fold."""
_DATA: Final = 400
"""Bytes from which on a literal or a type's members are worth a fold."""
_HUGE: Final = 6_000
"""Bytes from which on a body is cut into its statements."""
_RUN: Final = 600
"""Bytes of plain statements that make one unit."""
_NOTE: Final = 160
"""Bytes from which on the comment above a definition keeps its first line only."""
_DEPTH: Final = 120
"""Levels of syntax below which nothing is cut, so that no nesting exhausts the stack."""
_NAME: Final = 80
_BLANK: Final = b" \t\r\f\v\n"
_NAME_FIELDS: Final = ("name", "declarator", "left", "key", "property", "definition", "declaration", "type")
_DOCSTRING: Final = re.compile(rb"[a-zA-Z]{0,2}(\"\"\"|''')\s*[^\n]*")
_NOTE_START: Final = re.compile(rb"/\*+!?\s*[^\n]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A span of the code that is written whole or replaced by a fold; its children are judged on their own."""

    start: int
    end: int
    kind: Kind
    name: str
    """The qualified name of what it belongs to, or an empty string."""
    fold: tuple[str, str]
    """What stands before and after the line numbers where the part is left out."""
    joins: bool = False
    """Whether a fold runs on over following parts of this sort."""
    children: tuple[Part, ...] = field(default=())

    def own(self) -> Iterator[tuple[int, int]]:
        """Give the spans that belong to the part and to none of its children."""
        at = self.start
        for child in self.children:
            yield at, child.start
            at = child.end
        yield at, self.end


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts one syntax tree."""

    code: bytes
    grammar: Grammar

    def parts(self, root: Node) -> tuple[Part, ...]:
        """Cut a whole file.

        Args:
            root: The root of the tree of ``code``.

        Returns:
            The parts of the file in order; only blanks and what does not parse stands between them.
        """
        return tuple(self._items(root, "", self._statement_fold(block=False), 0))

    def _statement_fold(self, *, block: bool) -> tuple[str, str]:
        grammar = self.grammar
        if grammar.inline:
            return "/* ", " */"
        if block and grammar.filler:
            return f"{grammar.filler}  {grammar.comment} ", ""
        return f"{grammar.comment} ", ""

    def _items(self, container: Node, name: str, fold: tuple[str, str], depth: int) -> list[Part]:
        """Cut the children of a container one by one."""
        collected = _Items(self, name, fold)
        doc = self._docstring(container)
        if doc is not None:
            collected.fold = (f"{self.grammar.comment} ", "")
        header = container.start_point.row if container.type.startswith("preproc") else -1
        for child in _children(container):
            if child.start_point.row == header:
                continue
            if doc is not None and child.start_byte == doc.start_byte:
                collected.flush()
                rest = self._doc_rest(doc, self.line_end(doc.end_byte), name)
                collected.parts += [rest] if rest is not None else []
                continue
            if not child.is_named:
                collected.punctuation(child)
            elif child.type in COMMENTS:
                collected.comment(child)
            elif child.type in self.grammar.attributes:
                collected.attached.append(child)
            elif child.type in self.grammar.containers:
                collected.flush()
                collected.parts += self._items(child, name, fold, depth + 1)
            else:
                full = _join(name, self.name_of(child))
                collected.add(child, full, self._inner(child, full, depth + 1))
        collected.flush()
        return collected.parts

    def _inner(self, node: Node, name: str, depth: int) -> list[Part]:
        """Find what can be left out anywhere below a node."""
        parts: list[Part] = []
        if depth > _DEPTH or node.end_byte - node.start_byte < _BODY:
            return parts
        grammar = self.grammar
        for child in node.children:
            size = child.end_byte - child.start_byte
            if size < _BODY or not child.is_named:
                continue
            sort = child.type
            held = sort in grammar.blocks and node.type in grammar.holders
            if held or sort in grammar.containers:
                parts += self._items(child, name, self._statement_fold(block=True), depth + 1)
            elif sort in grammar.blocks:
                parts += self._block(child, name, depth)
            elif sort in grammar.lists and size >= _DATA:
                below = self._inner(child, name, depth + 1)
                data = None if below else self._brackets(child, name, "data")
                parts += [data] if data is not None else below
            else:
                own = self.name_of(child) if size >= _BODY else ""
                parts += self._inner(child, _join(name, own), depth + 1)
        return parts

    def _block(self, block: Node, name: str, depth: int) -> list[Part]:
        size = block.end_byte - block.start_byte
        if block.has_error:
            return self._inner(block, name, depth + 1)
        if size > _HUGE:
            cut = self._items(block, name, self._statement_fold(block=True), depth + 1)
            if len(cut) > 1:
                return cut
        inner = [child for child in _children(block) if child.is_named and child.type not in COMMENTS]
        if inner and all(child.type in self.grammar.imports for child in inner):
            return []
        part = self._brackets(block, name, "body") if self.grammar.inline else self._indented(block, name)
        return [part] if part is not None else []

    def _brackets(self, node: Node, name: str, kind: Kind) -> Part | None:
        """Cut what is between the brackets of a node."""
        if node.has_error or node.child_count < 2:
            return None
        opening, closing = node.children[0], node.children[-1]
        if opening.is_named or closing.is_named:
            return None
        start, end = opening.end_byte, closing.start_byte
        if self.grammar.inline:
            return Part(start, end, kind, name, (" /* ", " */ ")) if end - start >= _BODY else None
        inside = self.code[start:end]
        content = inside.rstrip(_BLANK)
        if len(content) < _BODY or b"\n" not in inside[len(content) :]:
            return None
        return Part(start, start + len(content), kind, name, (f"  {self.grammar.comment} ", ""))

    def _indented(self, block: Node, name: str) -> Part | None:
        """Cut the lines of a block that has no brackets."""
        doc = self._docstring(block)
        end = self.line_end(block.end_byte)
        if end is None or not block.children:
            return None
        if doc is not None:
            part = self._doc_rest(doc, end, name)
            if part is not None:
                return part
        first = doc.next_sibling if doc is not None else block.children[0]
        while first is not None and doc is not None and first.start_point.row == doc.end_point.row:
            first = first.next_sibling
        if first is None:
            return None
        start = first.start_byte
        if end - start < _BODY or not self.starts_line(start):
            return None
        fold = (f"{self.grammar.comment} ", "") if doc is not None else self._statement_fold(block=True)
        return Part(start, end, "body", name, fold)

    def _docstring(self, block: Node) -> Node | None:
        if self.grammar.filler == "" or not block.children:
            return None
        first = next((child for child in block.children if child.type not in COMMENTS), None)
        if first is not None and first.type == "expression_statement" and first.child_count == 1:
            first = first.children[0]
        return first if first is not None and first.type == "string" else None

    def _doc_rest(self, doc: Node, end: int | None, name: str) -> Part | None:
        """Cut a docstring behind its first line, and what follows it up to an offset."""
        text = self.code[doc.start_byte : doc.end_byte]
        opening = _DOCSTRING.match(text)
        if end is None or doc.has_error or opening is None or self.line_end(doc.end_byte) is None:
            return None
        first = opening[0].rstrip(_BLANK)
        quotes = opening[1]
        bare = quotes[:1]
        if b"{" in first and text[:1] in b"fF":
            return None
        if len(first) + 3 >= len(text) or first.endswith((bare, b"\\")) or quotes in first[opening.end(1) :]:
            return None
        if text.count(b"\n") < 2 and end == doc.end_byte:
            return None
        start = doc.start_byte + len(first)
        kind: Kind = "body" if end > doc.end_byte else "comment"
        if end - start < _BODY:
            return None
        return Part(start, end, kind, name, (f"{quotes.decode()}  {self.grammar.comment} ", ""), joins=True)

    def starts_line(self, offset: int) -> bool:
        """Tell whether only blanks stand before an offset on its line."""
        line = self.code.rfind(b"\n", 0, offset) + 1
        return not self.code[line:offset].strip(_BLANK)

    def line_end(self, offset: int) -> int | None:
        """Tell where the line behind an offset ends if nothing but a comment is left on it."""
        while offset and self.code[offset - 1] in _BLANK:
            offset -= 1
        stop = self.code.find(b"\n", offset)
        rest = self.code[offset : stop if stop >= 0 else len(self.code)].rstrip(_BLANK)
        comment = self.grammar.comment.encode()
        return offset + len(rest) if not rest or rest.lstrip(_BLANK).startswith(comment) else None

    def name_of(self, node: Node) -> str:
        """Give the name a node defines or stands under, or an empty string."""
        for key in _NAME_FIELDS:
            child = node.child_by_field_name(key)
            if child is None:
                continue
            if key in {"definition", "declaration"}:
                return self.name_of(child)
            text = self.code[child.start_byte : min(child.end_byte, child.start_byte + _NAME)]
            return text.decode(errors="ignore").split("(")[0].strip("*&\"'` \n")
        return ""


@dataclass(slots=True)
class _Items:
    """Children of a container on their way to becoming parts."""

    cutter: Cutter
    name: str
    fold: tuple[str, str]
    parts: list[Part] = field(default_factory=list)
    attached: list[Node] = field(default_factory=list)
    """Comments and attributes that belong to what follows."""
    run: list[Node] = field(default_factory=list)
    end: int = -1
    """Where the run ends, with its punctuation and comments."""

    def add(self, node: Node, name: str, inner: Sequence[Part]) -> None:
        """Take the next statement or definition."""
        if node.has_error:
            self.flush()
            self.parts += inner
            return
        note = self._note(name)
        if note is None and not inner:
            self._plain(node)
            return
        attached, self.attached = self.attached, []
        self.flush()
        start = attached[0].start_byte if attached else node.start_byte
        children = (note, *inner) if note is not None else tuple(inner)
        self._part(start, self._trimmed(node), "head", name, children)

    def comment(self, node: Node) -> None:
        """Take a comment: the end of the line before it, or the start of what comes next."""
        if self.run and self._same_line(self.end, node.start_byte):
            self.end = self._trimmed(node)
            return
        last = self.parts[-1] if self.parts and not self.run and not self.attached else None
        if last is not None and self._same_line(last.end, node.start_byte):
            self._extend(last, self._trimmed(node))
            return
        if not self.cutter.starts_line(node.start_byte):
            return
        if self.attached and self._gap(self._trimmed(self.attached[-1]), node.start_byte):
            self._release()
        self.attached.append(node)

    def punctuation(self, node: Node) -> None:
        """Take a separator along with what it ends."""
        if self.cutter.code[node.start_byte : node.end_byte] not in {b";", b",", b":"} or self.attached:
            return
        if self.run and self._same_line(self.end, node.start_byte):
            self.end = node.end_byte
        elif not self.run and self.parts and self._same_line(self.parts[-1].end, node.start_byte):
            self._extend(self.parts[-1], node.end_byte)

    def flush(self) -> None:
        """End the run of plain statements."""
        attached, self.attached = self.attached, []
        self._end_run()
        if attached:
            self.attached = attached
            self._release()

    def _release(self) -> None:
        """Make a unit of comments that nothing follows; attributes alone stay where they are."""
        attached, self.attached = self.attached, []
        self._end_run()
        if all(node.type in COMMENTS for node in attached):
            self._part(attached[0].start_byte, self._trimmed(attached[-1]), "plain", "", ())

    def _plain(self, node: Node) -> None:
        start = self.attached[0].start_byte if self.attached else node.start_byte
        attributed = any(each.type not in COMMENTS for each in self.attached)
        imports = self.cutter.grammar.imports
        if self.run:
            same = (self.run[-1].type in imports) == (node.type in imports)
            near = node.type in imports or not self._gap(self.end, start)
            if not (same and near and self._trimmed(node) - self.run[0].start_byte <= _RUN):
                attached, self.attached = self.attached, []
                self._end_run()
                self.attached = attached
        if self.attached and not attributed and self._gap(self._trimmed(self.attached[-1]), node.start_byte):
            self._release()
        self.run += [*self.attached, node]
        self.attached = []
        self.end = self._trimmed(node)

    def _end_run(self) -> None:
        if self.run:
            imports = self.run[-1].type in self.cutter.grammar.imports
            named = len(self.run) == 1
            name = _join(self.name, self.cutter.name_of(self.run[0])) if named else self.name
            self._part(self.run[0].start_byte, self.end, "imports" if imports else "plain", name, ())
            self.run = []

    def _part(self, start: int, end: int, kind: Kind, name: str, children: tuple[Part, ...]) -> None:
        """Add a part that is folded as a statement, or only what is in it where a line end would be lost."""
        cutter = self.cutter
        if not cutter.grammar.inline:
            stop = cutter.line_end(end)
            if stop is None or not cutter.starts_line(start):
                self.parts += children
                return
        self.parts.append(Part(start, end, kind, name, self.fold, joins=True, children=children))

    def _extend(self, part: Part, end: int) -> None:
        self.parts[-1] = Part(
            part.start, end, part.kind, part.name, part.fold, joins=part.joins, children=part.children
        )

    def _note(self, name: str) -> Part | None:
        """Cut the comment above a definition behind its first line."""
        notes = [node for node in self.attached if node.type in COMMENTS]
        if not notes or self.attached[: len(notes)] != notes:
            return None
        start, end = notes[0].start_byte, self._trimmed(notes[-1])
        code = self.cutter.code
        if end - start < _NOTE:
            return None
        opening = _NOTE_START.match(code, notes[-1].start_byte, end)
        if opening is not None:
            first = opening.end() - (len(opening[0]) - len(opening[0].rstrip(_BLANK)))
            if b"*/" in opening[0] or end - first < _NOTE // 2:
                return None
            return Part(first, end, "comment", name, (" (", ") */"))
        if len(notes) < 3 or code.startswith(b"/*", start):
            return None
        return Part(notes[1].start_byte, end, "comment", name, (f"{self.cutter.grammar.comment} ", ""))

    def _trimmed(self, node: Node) -> int:
        code, end = self.cutter.code, node.end_byte
        while end > node.start_byte and code[end - 1] in _BLANK:
            end -= 1
        return end

    def _same_line(self, end: int, start: int) -> bool:
        return end <= start and b"\n" not in self.cutter.code[end:start]

    def _gap(self, end: int, start: int) -> bool:
        """Tell whether a blank line stands between two offsets."""
        return self.cutter.code.count(b"\n", end, start) > 1


def _children(container: Node) -> list[Node]:
    """Give the children of a container, through a node that only lists them."""
    out: list[Node] = []
    for child in container.children:
        if child.type == "statement_list":
            out += child.children
        else:
            out.append(child)
    return out


def _join(name: str, own: str) -> str:
    if not own or name == own or name.endswith("." + own):
        return name
    return f"{name}.{own}" if name else own
