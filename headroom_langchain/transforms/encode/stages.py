"""Stages: what is taken out of the cells of a column before they are written, and put back when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headroom_langchain.exceptions import CompressionError
from headroom_langchain.transforms.encode.rules import Ref, Template

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.rules import Lookup


@dataclass(frozen=True, slots=True)
class Slot:
    """Text around the cells, with other columns in it: ``name=Suite {}``."""

    template: Template

    def __str__(self) -> str:
        return str(self.template)

    def restore(self, cells: list[str], column: Lookup) -> list[str]:
        """Put the text back around the cells."""
        return self.template.fill(len(cells), column, cells)

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the columns that the stage needs."""
        return self.template.refs


Stage = Slot


def read_stage(text: str) -> Stage:
    """Read a stage from its line in the legend.

    Raises:
        CompressionError: The line names no stage.
    """
    template = Template.read(text)
    if Ref("") not in template.parts:
        raise CompressionError("a template has no place for the cell", {"template": text[:80]})
    return Slot(template)
