"""Cases: real conversations with questions whose exact answers stand in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, convert_to_messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Probe:
    """A question whose exact answer stands in the conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation to compress."""

    id: str
    kind: str
    """``json``, ``csv``, ``log``, ``search``, ...; ``multi`` for a whole session."""
    source: str
    """Where the data comes from, and its licence."""
    messages: tuple[BaseMessage, ...]
    probes: tuple[Probe, ...]

    @property
    def is_session(self) -> bool:
        """Whether this is a whole session; otherwise one large tool output."""
        return self.kind == "multi"


def texts_of(message: BaseMessage) -> list[str]:
    """List the texts a message shows the model: its string content, or the text of each of its blocks."""
    if isinstance(message.content, str):
        return [message.content]
    return list(_texts_of_blocks(message.content))


def _texts_of_blocks(blocks: Sequence[str | dict[Any, Any]]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, str):
            yield block
        elif isinstance(block.get("text"), str):
            yield block["text"]


def load_case(path: Path) -> Case:
    """Read one case.

    Args:
        path: A JSON file with ``id``, ``kind``, ``source``, ``messages`` (OpenAI style) and ``probes``.

    Returns:
        The case, its messages as LangChain's.

    Raises:
        ValueError: The file is no case, or an answer does not stand in its messages, so that nothing could be
            measured with it.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        case = Case(
            id=raw["id"],
            kind=raw["kind"],
            source=raw["source"],
            messages=tuple(convert_to_messages(raw["messages"])),
            probes=tuple(Probe(probe["question"], probe["answer"]) for probe in raw["probes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a case: {type(error).__name__}: {error}") from error
    shown = [text for message in case.messages for text in texts_of(message)]
    for probe in case.probes:
        if not any(probe.answer in text for text in shown):
            raise ValueError(f"{path}: the answer {probe.answer!r} does not stand in the messages")
    return case


def load_cases(folder: Path) -> list[Case]:
    """Read all cases of a folder, in the order of their file names.

    Args:
        folder: Holds one JSON file a case.

    Returns:
        The cases.

    Raises:
        ValueError: There is none, or a file is no case.
    """
    cases = [load_case(path) for path in sorted(folder.glob("*.json"))]
    if not cases:
        raise ValueError(f"no cases (*.json) in {folder}")
    return cases
