"""Measures what selection within a budget keeps: ``python benchmarks/selection.py --help``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from harness.case import load_cases
from harness.report import surroundings
from harness.selection import measure_selection
from harness.selection_report import selection_json, selection_tables
from harness.selection_subject import HeadroomSelector
from rich.console import Console

SHIPPED_CASES = Path(__file__).parent / "cases"
_WIDTH = 118
"""Columns that the tables need; pipes and narrow terminals get them too."""


def main(
    cases: Annotated[Path, typer.Option(help="Folder of cases, one JSON file each.")] = SHIPPED_CASES,
    *,
    dense: Annotated[bool, typer.Option("--dense", help="Write what is kept in the dense forms.")] = False,
    model: Annotated[str, typer.Option(help="Model that reads the messages.")] = "gpt-4o",
    runs: Annotated[int, typer.Option(min=0, help="Timed runs of each case; 0 times nothing.")] = 5,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
) -> None:
    """Measure answers kept and reachable, errors kept, facts and time where a budget leaves something out."""
    console, quiet = Console(), Console(stderr=True)
    console.width = max(console.width, _WIDTH)
    try:
        loaded = load_cases(cases)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with quiet.status("measuring") as status:
        selector = HeadroomSelector(model=model, dense=dense)
        results = measure_selection(loaded, selector, runs=runs, progress=status.update)
    console.print(*selection_tables(results))
    console.print(", ".join(f"{name} {value}" for name, value in surroundings().items()), style="dim")
    if json_file is not None:
        figures = selection_json(results)
        json_file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
