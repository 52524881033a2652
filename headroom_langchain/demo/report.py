"""What a person sees of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from headroom_langchain.demo.prices import input_price
from headroom_langchain.demo.run import Restored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from headroom_langchain.demo.run import DemoRun, Reply

_HEAD_LINES = 6
_MIDDLE_LINES = 4


def excerpt(text: str, width: int) -> str:
    """Show the beginning and the middle of a text, and say how much is left out.

    Args:
        text: Any text.
        width: Characters of a line on the screen; longer lines are folded.

    Returns:
        The text itself where it is short, else lines from its beginning and its middle.
    """
    head, end = _screen_lines(text, 0, width, _HEAD_LINES)
    middle = max(end, len(text) // 2)
    line_start = text.find("\n", middle) + 1
    if end < line_start < middle + 4 * width:
        middle = line_start
    body, body_end = _screen_lines(text, middle, width, _MIDDLE_LINES)
    return "\n".join([*head, *_left_out(middle - end), *body, *_left_out(len(text) - body_end)])


def _screen_lines(text: str, start: int, width: int, limit: int) -> tuple[list[str], int]:
    lines: list[str] = []
    while len(lines) < limit and start < len(text):
        newline = text.find("\n", start, start + width + 1)
        end = min(start + width, len(text)) if newline < 0 else newline
        lines.append(text[start:end].rstrip("\r"))
        start = end if newline < 0 else newline + 1
    return lines, start


def _left_out(characters: int) -> list[str]:
    return [f"... {characters:,} more characters ..."] if characters else []


def print_run(console: Console, run: DemoRun, model: str) -> None:
    """Print one sample: before, after, figures and proof.

    Args:
        console: Where to print.
        run: The measured call.
        model: Name of the model that the tokens were counted for.
    """
    width = min(console.width, 110) - 4
    _rule(console, run.sample.title)
    console.print(Text(f"question: {run.sample.question}"))
    _block(console, "before: the tool's output", excerpt(run.original, width), "red")
    after = f"the same; {run.reason}" if run.sent == run.original else excerpt(run.sent, width)
    _block(console, "after: what the model received", after, "green")
    console.print(
        Text.assemble(
            ("sent: ", "bold"),
            f"{_tokens(run.tokens_before, run)} -> {_tokens(run.tokens_after, run)} tokens ",
            f"({run.percent_saved:.1f} % less), {run.milliseconds:,.0f} ms, ",
            f"{_money(run, model)} saved in 1,000 calls",
        )
    )
    restored_style = "bold red" if run.restored is Restored.NO else ""
    console.print(Text.assemble(("expands to the original: ", "bold"), (run.restored.value, restored_style)))
    for name, reply in (("uncompressed", run.reply_uncompressed), ("compressed", run.reply)):
        if reply is not None:
            _block(console, f"answer, {name} ({_billed(reply)})", reply.text.strip(), "cyan")
    console.print()


def print_summary(console: Console, runs: Sequence[DemoRun], model: str) -> None:
    """Print all samples in one table.

    Args:
        console: Where to print.
        runs: The measured calls.
        model: Name of the model that the tokens were counted for.
    """
    table = Table(title=f"Tokens of each conversation, counted for {model}", title_justify="left")
    table.add_column("tool output")
    for heading in ("before", "after", "saved", "ms", "saved in 1,000 calls", "restored"):
        table.add_column(heading, justify="right")
    for run in runs:
        table.add_row(
            run.sample.title.partition(":")[0],
            _tokens(run.tokens_before, run),
            _tokens(run.tokens_after, run),
            f"{run.percent_saved:.1f} %",
            f"{run.milliseconds:,.0f}",
            _money(run, model),
            "no" if run.restored is Restored.NO else "yes",
        )
    console.print(table)
    per_million = input_price(model, 1_000_000)
    if per_million is None:
        console.print(Text(f"The price of {model} is unknown: no money is claimed."))
    else:
        console.print(
            Text(f"Money: {model} at ${per_million:,.2f} a million input tokens, without the prompt cache.")
        )


def _rule(console: Console, title: str) -> None:
    console.rule(Text(title, style="bold"), align="left")


def _block(console: Console, heading: str, body: str, style: str) -> None:
    console.print(Text(heading, style=f"bold {style}"))
    for line in body.splitlines():
        console.print(Text(f"  {line}"), soft_wrap=True)


def _tokens(tokens: int, run: DemoRun) -> str:
    return f"{'about ' if run.estimated else ''}{tokens:,}"


def _money(run: DemoRun, model: str) -> str:
    before, after = input_price(model, run.tokens_before), input_price(model, run.tokens_after)
    if before is None or after is None:
        return "unknown"
    return f"${1000 * (before - after):,.2f}"


def _billed(reply: Reply) -> str:
    return (
        "no usage reported" if reply.billed_tokens is None else f"{reply.billed_tokens:,} input tokens billed"
    )
