"""Results of selection as tables for a person and as JSON for a machine."""

from __future__ import annotations

import statistics
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from harness.error_lines import Errors
from harness.fact_check import FactCheck
from harness.report import surroundings
from harness.selection import ASKED_AFTER, ASKED_BEFORE, FollowUp, Kept
from harness.selection_subject import LOOK_UP_TOKENS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.selection import SelectionResult, SelectionTime

_MOST_NOTES = 8
_LONGEST_NOTE = 200


def selection_tables(results: Sequence[SelectionResult]) -> list[Table]:
    """Lay out one row a case and one of sums: what is kept where the question is known, and all else."""
    return [_before_table(results), _after_table(results), _sums_table(results)]


def _before_table(results: Sequence[SelectionResult]) -> Table:
    table = Table(title="Question before the tool call: answers kept, tokens saved")
    table.add_column("case")
    for budget in ASKED_BEFORE:
        table.add_column(budget.name, justify="right")
        table.add_column("saved", justify="right")
    for result in results:
        table.add_row(result.case.id, *_before_cells(result.before))
    table.add_section()
    table.add_row("[bold]all[/bold]", *_before_cells(_sum_before(results)))
    return table


def _before_cells(kept: dict[str, Kept]) -> list[str]:
    return [cell for one in kept.values() for cell in (f"{one.kept}/{one.probes}", f"{one.saved:.1%}")]


def _sums_table(results: Sequence[SelectionResult]) -> Table:
    table = Table(title="Question before the tool call: sums")
    names = (
        "budget",
        "answers",
        "kept",
        "verbatim",
        "decodable",
        "facts only",
        "saved",
        "results",
        "over",
        "whole",
    )
    for name in names:
        table.add_column(name, justify="right")
    for name, kept in _sum_before(results).items():
        figures = (kept.probes, kept.kept, kept.verbatim, kept.decodable, kept.facts_only)
        table.add_row(
            name, *map(str, figures), f"{kept.saved:.1%}", str(kept.results), str(kept.over), str(kept.whole)
        )
    return table


def _after_table(results: Sequence[SelectionResult]) -> Table:
    table = Table(
        title=f"{ASKED_AFTER.name}, question asked later: kept, or fetched with one look-up of {LOOK_UP_TOKENS:,} tokens"
    )
    table.add_column("case")
    for name in (
        "kept",
        "reachable",
        "either",
        "errors",
        "shown",
        "counted",
        "kinds",
        "facts right",
        "ms",
        "x count",
    ):
        table.add_column(name, justify="right")
    for result in results:
        timing = result.timing
        table.add_row(
            result.case.id,
            *_after_cells(result.after, result.errors, result.facts),
            f"{timing.selecting - timing.lossless:.1f}" if timing else "",
            f"{timing.ratio:.2f}" if timing else "",
        )
    table.add_section()
    after, errors, facts = _sum_rest(results)
    timings = _timings(results)
    table.add_row(
        "[bold]all[/bold]",
        *_after_cells(after, errors, facts),
        f"{sum(timing.selecting - timing.lossless for timing in timings):.0f}" if timings else "",
        f"{statistics.median(timing.ratio for timing in timings):.2f}" if timings else "",
    )
    notes = [f"wrong or not read: {fact}" for fact in facts.wrong]
    notes += [f"{result.case.id}: {warning}" for result in results for warning in result.warnings]
    if notes:
        table.caption = Text("\n".join(note[:_LONGEST_NOTE] for note in notes[:_MOST_NOTES]))
    return table


def _after_cells(after: FollowUp, errors: Errors, facts: FactCheck) -> list[str]:
    return [
        f"{after.kept}/{after.probes}",
        f"{after.reachable}/{after.asked}" if after.asked else "",
        f"{after.kept_or_reachable}/{after.probes}",
        *(
            (
                f"{errors.found:,}",
                f"{errors.kept:,}",
                f"{errors.kept_or_counted:,}",
                f"{errors.kinds_kept}/{errors.kinds}",
            )
            if errors.found
            else ("", "", "", "")
        ),
        f"{facts.right} of {facts.figures}" if facts.figures else "",
    ]


def _sum_before(results: Sequence[SelectionResult]) -> dict[str, Kept]:
    return {
        budget.name: sum((result.before[budget.name] for result in results), Kept())
        for budget in ASKED_BEFORE
    }


def _sum_rest(results: Sequence[SelectionResult]) -> tuple[FollowUp, Errors, FactCheck]:
    return (
        sum((result.after for result in results), FollowUp()),
        sum((result.errors for result in results), Errors()),
        sum((result.facts for result in results), FactCheck()),
    )


def _timings(results: Sequence[SelectionResult]) -> list[SelectionTime]:
    return [result.timing for result in results if result.timing is not None]


def selection_json(results: Sequence[SelectionResult]) -> dict[str, Any]:
    """Put results into plain values.

    Returns:
        ``surroundings``, ``sums`` and ``cases`` (one each). Times are in milliseconds of process time, ``saved`` is
        0 to 1.
    """
    after, errors, facts = _sum_rest(results)
    timings = _timings(results)
    return {
        "surroundings": surroundings(),
        "sums": {
            "before": _kept_json(_sum_before(results)),
            "after": asdict(after),
            "errors": asdict(errors),
            "facts": asdict(facts),
            "median_times_counting": statistics.median(timing.ratio for timing in timings)
            if timings
            else None,
        },
        "cases": [
            {
                "id": result.case.id,
                "kind": result.case.kind,
                "before": _kept_json(result.before),
                "after": asdict(result.after),
                "errors": asdict(result.errors),
                "facts": asdict(result.facts),
                "timing": {**asdict(result.timing), "ratio": result.timing.ratio} if result.timing else None,
                "warnings": result.warnings,
            }
            for result in results
        ],
    }


def _kept_json(kept: dict[str, Kept]) -> dict[str, Any]:
    return {name: {"saved": round(one.saved, 4), **asdict(one)} for name, one in kept.items()}
