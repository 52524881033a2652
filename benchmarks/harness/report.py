"""Results as tables for a person and as JSON for a machine."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from rich.table import Table

from harness.measure import ALL, SESSIONS, SINGLES

if TYPE_CHECKING:
    from harness.measure import CaseResult, Report
    from harness.scaling import Scale
    from harness.score import Score

_PACKAGES = ("headroom-langchain", "tiktoken", "langchain-core", "langchain", "toon-format")
_TOTALS = (SINGLES, SESSIONS, ALL)


def surroundings() -> dict[str, str]:
    """Tell what the figures were measured with: versions and machine."""
    facts = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    facts["machine"] = f"{platform.system()} {platform.machine()}"
    facts["cpus"] = str(os.cpu_count())
    return facts


def cases_table(report: Report) -> Table:
    """Lay out one row a case, and one a sum."""
    table = Table(title=f"{report.subject}: tokens saved and answers kept")
    table.add_column("case")
    for name in ("before", "after", "saved", "verbatim", "decodable", "restored", "ms", "x count", "prefix"):
        table.add_column(name, justify="right")
    for result in report.results:
        timing, prefixes = result.timing, result.prefixes
        table.add_row(
            result.case.id,
            *_cells(result.score),
            f"{timing.milliseconds:.1f}" if timing else "",
            f"{timing.ratio:.2f}" if timing else "",
            f"{prefixes.held}/{prefixes.checked}" if prefixes else "",
        )
    table.add_section()
    for group, total in _ordered(report.sums()):
        table.add_row(f"[bold]{group}[/bold]", *_cells(total), *_total_times(report, group))
    return table


def _total_times(report: Report, group: str) -> tuple[str, str]:
    if group != ALL:
        return "", ""
    timings = [result.timing for result in report.results if result.timing]
    if not timings:
        return "", ""
    spent = sum(timing.milliseconds for timing in timings)
    return f"{spent:.0f}", f"{spent / sum(timing.yardstick_milliseconds for timing in timings):.2f}"


def _cells(score: Score) -> tuple[str, ...]:
    return (
        f"{score.tokens_before:,}",
        f"{score.tokens_after:,}",
        f"{score.saved:.1%}",
        f"{score.verbatim}/{score.probes}",
        f"{score.decodable}/{score.probes}",
        f"{score.restored}/{score.messages}",
    )


def peers_table(report: Report) -> Table:
    """Lay out the subject beside its peers: one row a sum and compressor."""
    table = Table(title="Side by side on the same messages")
    table.add_column("sum")
    table.add_column("compressor")
    for name in ("before", "after", "saved", "verbatim", "decodable", "restored"):
        table.add_column(name, justify="right")
    own = report.sums()
    sums = {report.subject: own, **{name: report.sums(name) for name in report.peers}}
    for group, _ in _ordered(own):
        for name, by_group in sums.items():
            table.add_row(group, name, *_cells(by_group[group]))
        table.add_section()
    for peer in report.missing_peers:
        table.add_row("", peer.name, f"unavailable: {peer.reason}")
    return table


def scaling_table(scales: list[Scale]) -> Table:
    """Lay out one row a payload and size."""
    table = Table(title="Time and memory against size")
    table.add_column("payload")
    for name in (
        "rows",
        "KB",
        "tokens",
        "saved",
        "ms",
        "x count",
        "peak MB",
        "peak / size",
        "x time of row above",
    ):
        table.add_column(name, justify="right")
    before: Scale | None = None
    for scale in scales:
        if before is not None and before.payload != scale.payload:
            table.add_section()
            before = None
        if scale.problem:
            table.add_row(scale.payload, f"{scale.rows:,}", scale.problem)
            before = None
            continue
        table.add_row(
            scale.payload,
            f"{scale.rows:,}",
            f"{scale.size / 1024:,.0f}",
            f"{scale.tokens_before:,}",
            f"{scale.saved:.1%}",
            f"{scale.milliseconds:,.1f}",
            f"{scale.ratio:.2f}",
            f"{scale.peak / 2**20:,.1f}",
            f"{scale.peak / scale.size:.1f}",
            f"{scale.milliseconds / before.milliseconds:.1f}" if before else "",
        )
        before = scale
    return table


def _ordered(sums: dict[str, Score]) -> list[tuple[str, Score]]:
    kinds = [(group, sums[group]) for group in sums if group not in _TOTALS]
    return kinds + [(group, sums[group]) for group in _TOTALS if group in sums]


def scaling_json(scales: list[Scale]) -> dict[str, Any]:
    """Put scaling results into plain values: ``scaling`` (one each) and ``surroundings``."""
    return {
        "surroundings": surroundings(),
        "scaling": [{"saved": round(scale.saved, 4), **asdict(scale)} for scale in scales],
    }


def as_json(report: Report) -> dict[str, Any]:
    """Put a report into plain values.

    Returns:
        ``subject``, ``cases`` (one each), ``sums`` (by compressor, then by group), ``missing_peers`` and
        ``surroundings``. Times are in milliseconds, ``saved`` is 0 to 1.
    """
    return {
        "subject": report.subject,
        "surroundings": surroundings(),
        "sums": {
            name or report.subject: {
                group: _score_json(total) for group, total in _ordered(report.sums(name))
            }
            for name in (None, *report.peers)
        },
        "cases": [_result_json(result) for result in report.results],
        "missing_peers": [asdict(peer) for peer in report.missing_peers],
    }


def _result_json(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "kind": result.case.kind,
        "source": result.case.source,
        **_score_json(result.score),
        "timing": asdict(result.timing) if result.timing else None,
        "prefixes": asdict(result.prefixes) if result.prefixes else None,
        "peers": {name: _score_json(one) for name, one in result.peers.items()},
    }


def _score_json(score: Score) -> dict[str, Any]:
    return {"saved": round(score.saved, 4), **asdict(score)}
