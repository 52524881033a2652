"""The command line: compress a file, expand it again, and see the main job on real tool outputs."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.language_models import BaseChatModel

    from headroom_langchain.results import CompressedText

_BOM: Final = b"\xef\xbb\xbf"
_DAMAGED: Final = 1
_REFUSED: Final = 2

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Cells(StrEnum):
    """How the cells of a table are written."""

    AUTO = "auto"
    HEADER = "header"
    LABELLED = "labelled"


FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A text file in UTF-8; - reads standard input.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"headroom-langchain {version('headroom-langchain')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Fewer tokens for what a model reads, nothing lost.

    Try it: `headroom-langchain demo`. Your own file: `headroom-langchain compress FILE --stats`.

    Exit codes: 0 done, 1 the compressed form is damaged, 2 wrong usage or a file that cannot be read.
    """
    del version


@app.command()
def compress(
    file: FileArgument,
    *,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model that will read the text, for its tokenizer; without it, counts are GPT-4o's."
        ),
    ] = None,
    dense: Annotated[
        bool, typer.Option("--dense", help="Also split shared prefixes off values; for capable models only.")
    ] = False,
    cell_style: Annotated[
        Cells,
        typer.Option(
            help="Table cells by position (header) or each with its name (labelled); auto goes by model."
        ),
    ] = Cells.AUTO,
    stats: Annotated[
        bool, typer.Option("--stats", help="Say on standard error what was saved, and why.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with the text and the figures instead.")
    ] = False,
) -> None:
    """Print FILE in fewer tokens, losing nothing.

    What comes out is ready to be sent to a model, and `expand` turns it back, byte for byte; JSON with unusual white
    space comes back as the equal value. A text that no form makes smaller is printed as it is.
    """
    from headroom_langchain.transforms import compress_text  # noqa: PLC0415

    bom, text = _read(file)
    compress_text("loads modules and the vocabulary, so that the time below is that of the text", model=model)
    started = time.perf_counter()
    result = compress_text(text, model=model, dense=dense, cell_style=cell_style.value)
    milliseconds = 1000 * (time.perf_counter() - started)
    if as_json:
        _write(json.dumps(_figures(result, bom, milliseconds), ensure_ascii=False).encode() + b"\n")
    else:
        _write(bom + result.text.encode())
    if stats:
        typer.echo(_summary(result, milliseconds), err=True)


@app.command()
def expand(file: FileArgument) -> None:
    """Print the original of a compressed FILE.

    A text that is not a compressed form is printed as it is, with a note on standard error. A damaged form prints
    nothing and ends with exit code 1.
    """
    from headroom_langchain.exceptions import CompressionError  # noqa: PLC0415
    from headroom_langchain.transforms import expand_text  # noqa: PLC0415
    from headroom_langchain.transforms.marker import read_header  # noqa: PLC0415

    bom, text = _read(file)
    if read_header(text) is None:
        typer.echo(f"{_name(file)} is not a compressed form; it is printed as it is.", err=True)
    try:
        original = expand_text(text).encode()
    except (CompressionError, UnicodeEncodeError) as error:
        typer.echo(f"{_name(file)} is damaged and cannot be expanded: {error}", err=True)
        raise typer.Exit(_DAMAGED) from error
    _write(bom + original)


@app.command()
def demo(
    *,
    model: Annotated[
        str, typer.Option(help="Model to count and price for; with --live, the one to call.")
    ] = "gpt-4o",
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Call the real OpenAI model, twice per sample (compressed and not): costs about 120,000 input tokens. "
            "Needs the extra `openai` and OPENAI_API_KEY.",
        ),
    ] = False,
) -> None:
    """Show three real tool outputs, before and after.

    Runs offline with a scripted model unless --live is given. Each tool output goes through a LangChain chat model
    call, and what arrives at the model is shown, counted, priced and expanded back to the original.
    """
    answering = _live_model(model) if live else None

    from rich.console import Console  # noqa: PLC0415

    from headroom_langchain.demo.report import print_run, print_summary  # noqa: PLC0415
    from headroom_langchain.demo.run import Restored, run_sample  # noqa: PLC0415
    from headroom_langchain.demo.samples import SAMPLES  # noqa: PLC0415

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character still gets the rest.
        sys.stdout.reconfigure(errors="backslashreplace")
    console = Console(highlight=False, markup=False)
    door = f"{model}, live" if live else "a scripted model: offline, no key, nothing leaves this machine"
    console.print(f"Three conversations of question, tool call and tool result, sent to {door}.\n")
    runs = []
    for sample in SAMPLES:
        with named_failure(model) if live else nullcontext():
            runs.append(run_sample(sample, model, answering))
        print_run(console, runs[-1], model)
    print_summary(console, runs, model)
    if any(run.restored is Restored.NO for run in runs):
        raise typer.Exit(_DAMAGED)


def _live_model(model: str) -> BaseChatModel:
    try:
        from langchain_openai import ChatOpenAI  # noqa: PLC0415
    except ImportError as error:
        _refuse('--live needs the extra: pip install "headroom-langchain[openai]"', error)
    if not os.environ.get("OPENAI_API_KEY"):
        _refuse(
            "--live needs a key in the environment variable OPENAI_API_KEY; without --live none is needed."
        )
    return ChatOpenAI(model=model)


@contextmanager
def named_failure(model: str) -> Iterator[None]:
    """End the command with an error text where a real model cannot be called.

    Args:
        model: Name of the model.

    Raises:
        typer.Exit: The provider could not be reached or refused the call.
    """
    from openai import OpenAIError  # noqa: PLC0415

    try:
        yield
    except OpenAIError as error:
        _refuse(f"Calling {model} failed: {error} Check the key, the model's name and the network.", error)


def _read(file: str) -> tuple[bytes, str]:
    if file == "-":
        raw = typer.get_binary_stream("stdin").read()
    else:
        try:
            with open(file, "rb") as opened:  # noqa: PTH123 - the path as it was typed, for the error text
                raw = opened.read()
        except OSError as error:
            _refuse(
                f"Cannot read {file}: {error.strerror or error}. Give the path of a text file, or - for input.",
                error,
            )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse(f"{_name(file)} is UTF-16, not UTF-8. Convert it first: iconv -f UTF-16 -t UTF-8 FILE")
    bom = _BOM if raw.startswith(_BOM) else b""
    if b"\0" in raw:
        _refuse(f"{_name(file)} is binary: it has a NUL byte at {raw.index(0)}. Only text can be compressed.")
    try:
        return bom, raw[len(bom) :].decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(
            f"{_name(file)} is not UTF-8 text: {error.reason} at byte {len(bom) + error.start}. "
            "Convert it first, for example from Latin-1: iconv -f LATIN1 -t UTF-8 FILE",
            error,
        )


def _write(raw: bytes) -> None:
    stdout = typer.get_binary_stream("stdout")
    stdout.write(raw)
    stdout.flush()


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _refuse(message: str, cause: Exception | None = None) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(_REFUSED) from cause


def _figures(result: CompressedText, bom: bytes, milliseconds: float) -> dict[str, str | int | float | bool]:
    return {
        "text": bom.decode() + result.text,
        "kind": result.kind.value,
        "form": result.form,
        "loss": result.loss.value,
        "tokens_before": result.tokens_before,
        "tokens_after": result.tokens_after,
        "percent_saved": round(_percent_saved(result), 2),
        "estimated": result.estimated,
        "milliseconds": round(milliseconds, 2),
        "reason": result.reason,
    }


def _summary(result: CompressedText, milliseconds: float) -> str:
    about = "about " if result.estimated else ""
    return (
        f"{result.kind.value} as {result.form}: {about}{result.tokens_before:,} -> {result.tokens_after:,} tokens "
        f"({_percent_saved(result):.1f} % less) in {milliseconds:,.0f} ms; {result.reason}"
    )


def _percent_saved(result: CompressedText) -> float:
    return 100 * result.tokens_saved / result.tokens_before if result.tokens_before else 0.0
