"""Makes a case of a tool's output, or of a whole session: ``python benchmarks/make_case.py --help``.

The questions are chosen by a fixed seed: each asks for the value that follows a piece of text, a value that stands
there once where there is such a one. So the same input always gives the same case, and nobody picks the easy answers.
"""

from __future__ import annotations

import json
import re
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from random import Random
from typing import Annotated, Any

import typer

_VALUE = re.compile(
    r"[a-z]+://(?:[^\s\"'<>,)\]{}]|{[^\s\"{}]*})+|\d\d:\d\d:\d\d(?:[.,]\d+)?|[\w./@#+-]*[\d_/@][\w./@#+-]*\w|[A-Z][a-z]+[A-Z]\w+"
)
_TROUBLE = re.compile(r"error|fail|fatal|exception|warn|timed? ?out|deadlock", re.IGNORECASE)
_CONTEXT = 48
"""Characters before a value that a question quotes."""
_SHORTEST = 5
"""Characters of an answer; shorter ones stand somewhere by chance."""
_PROBES = 5
_CANDIDATES = 100
"""Values looked at for one question."""


def choose_probes(texts: list[str], seed: int) -> list[dict[str, str]]:
    """Choose questions and their exact answers.

    Args:
        texts: The tool outputs.
        seed: The same seed and texts give the same questions.

    Returns:
        One question about trouble (an error, a failure, a warning) where there is any, the others from the
        start to the end.

    Raises:
        ValueError: There are too few values to ask for.
    """
    whole = "\n".join(texts)
    random = Random(seed)  # noqa: S311 - a reproducible choice, not a secret
    found = [
        match
        for match in _VALUE.finditer(whole)
        if len(match[0].strip("_/.-")) >= _SHORTEST and match.start() > _CONTEXT
    ]
    random.shuffle(found)
    trouble = [match for match in found if _TROUBLE.search(_line_around(whole, match.start()))]
    parts = _PROBES - 1
    probes: list[dict[str, str]] = []
    for part in range(parts):
        first, last = len(whole) * part // parts, len(whole) * (part + 1) // parts
        probes.append(
            _ask([match for match in found if first <= match.start() < last], whole, probes, "ordinary")
        )
    probes.append(_ask(trouble or found, whole, probes, "rare" if trouble else "ordinary"))
    return probes


def _line_around(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)]


def _ask(found: list[re.Match[str]], whole: str, probes: list[dict[str, str]], kind: str) -> dict[str, str]:
    asked = {probe["answer"] for probe in probes}
    candidates = [match for match in found if match[0] not in asked][:_CANDIDATES]
    if not candidates:
        raise ValueError("too few values to ask for")
    rarest = min(candidates, key=lambda match: (whole.count(match[0]), whole.count(_before(whole, match))))
    question = f"Which value follows {_before(whole, rarest)!r}?"
    return {"question": question, "answer": rarest[0], "type": kind}


def _before(whole: str, match: re.Match[str]) -> str:
    return whole[match.start() - _CONTEXT : match.start()]


def main(
    given: Annotated[Path, typer.Argument(help="The tool's output; with --session a JSON list of messages.")],
    into: Annotated[Path, typer.Argument(help="The case, a JSON file named after its id.")],
    *,
    kind: Annotated[str, typer.Option(help="json, csv, log, testlog, search, diff, ...")],
    source: Annotated[str, typer.Option(help="Where the data comes from, the command and the licence.")],
    question: Annotated[str, typer.Option(help="What the user asked for before the tool was called.")] = "",
    call: Annotated[str, typer.Option(help="The tool call as name and JSON arguments.")] = "bash {}",
    session: Annotated[bool, typer.Option("--session", help="The input is a whole session.")] = False,
    seed: Annotated[int, typer.Option(help="Which questions are chosen.")] = 7,
) -> None:
    """Write a case."""
    text = given.read_bytes().decode("utf-8")
    messages: list[dict[str, Any]] = json.loads(text) if session else _one_call(text, question, call)
    outputs = [message["content"] for message in messages if message["role"] == "tool"]
    case = {
        "id": into.stem,
        "kind": "multi" if session else kind,
        "source": source,
        "bytes": sum(len(output.encode()) for output in outputs),
        "messages": messages,
        "probes": choose_probes(outputs, seed),
    }
    into.write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _one_call(text: str, question: str, call: str) -> list[dict[str, Any]]:
    name, _, arguments = call.partition(" ")
    function = {"name": name, "arguments": arguments}
    return [
        {"role": "system", "content": "You are an assistant with tools. Answer from what they return."},
        {"role": "user", "content": question},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "call_1", "name": name, "content": text},
    ]


if __name__ == "__main__":
    typer.run(main)
