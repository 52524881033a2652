"""Measures headroom_langchain on real conversations: ``python benchmarks/run.py --help``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from harness.case import load_cases
from harness.measure import measure
from harness.report import as_json, cases_table, peers_table, scaling_json, scaling_table, surroundings
from harness.scaling import measure_scaling
from harness.subject import Headroom
from rich.console import Console

SHIPPED_CASES = Path(__file__).parent / "cases"
_WIDTH = 118
"""Columns that the tables need; pipes and narrow terminals get them too."""


def main(
    cases: Annotated[Path, typer.Option(help="Folder of cases, one JSON file each.")] = SHIPPED_CASES,
    *,
    dense: Annotated[bool, typer.Option("--dense", help="Measure the dense forms.")] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="Also measure other ways to spend fewer tokens.")
    ] = False,
    scaling: Annotated[
        bool, typer.Option("--scaling", help="Measure time and memory against size, in place of cases.")
    ] = False,
    model: Annotated[str, typer.Option(help="Model that reads the messages.")] = "gpt-4o",
    runs: Annotated[int, typer.Option(min=0, help="Timed runs of each case; 0 times nothing.")] = 7,
    budget: Annotated[float, typer.Option(min=1, help="Seconds for --scaling.")] = 300,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
) -> None:
    """Measure tokens saved, answers kept and time spent."""
    console, quiet = Console(), Console(stderr=True)
    console.width = max(console.width, _WIDTH)
    if scaling:
        with quiet.status("measuring") as status:
            scales = measure_scaling(dense=dense, model=model, budget=budget, progress=status.update)
        console.print(scaling_table(scales))
        figures = scaling_json(scales)
    else:
        try:
            loaded = load_cases(cases)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        with quiet.status("measuring") as status:
            report = measure(
                loaded,
                Headroom(dense=dense, model=model),
                with_peers=peers,
                runs=runs,
                progress=status.update,
            )
        console.print(cases_table(report))
        if peers:
            console.print(peers_table(report))
        figures = as_json(report)
    console.print(", ".join(f"{name} {value}" for name, value in surroundings().items()), style="dim")
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
