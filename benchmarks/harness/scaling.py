"""Time and peak memory against size, each size in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock import time_beside
from harness.payloads import PAYLOADS
from harness.score import count_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZES = (100, 1_000, 10_000, 100_000)
_REPEATABLE = 10_000
"""Rows up to which a run is cheap enough to be repeated."""
_RUNS = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """What one payload of one size took."""

    payload: str
    rows: int
    size: int
    """Bytes of the text in UTF-8."""
    tokens_before: int = 0
    tokens_after: int = 0
    milliseconds: float = 0.0
    """Compressing it once: the median of three runs, of one run above 10,000 rows."""
    ratio: float = 0.0
    """The fastest run over the fastest count of the text's tokens."""
    peak: int = 0
    """Bytes by which the process grew above what it held before the first run, tokenizer included in that."""
    problem: str = ""
    """Why there are no figures; empty where there are."""

    @property
    def saved(self) -> float:
        """Part of the tokens that is gone, 0 to 1."""
        return 1 - self.tokens_after / self.tokens_before if self.tokens_before else 0.0


def measure_scaling(
    *,
    dense: bool,
    model: str,
    budget: float,
    sizes: Sequence[int] = SIZES,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Scale]:
    """Measure every payload at every size.

    Args:
        dense: Measure the dense forms.
        model: Model that the text is compressed for.
        budget: Seconds for all of it; what does not fit says so.
        sizes: Rows of the texts.
        progress: Called with a description of each step.

    Returns:
        One result for each payload and size.
    """
    ends = time.monotonic() + budget
    scales: list[Scale] = []
    with tempfile.TemporaryDirectory() as folder:
        for payload, make in PAYLOADS.items():
            for rows in sizes:
                progress(f"{payload}, {rows:,} rows")
                file = Path(folder, f"{rows}.txt")
                file.write_text(make(rows), encoding="utf-8", newline="")
                scales.append(
                    _in_own_process(payload, rows, file, ends - time.monotonic(), dense=dense, model=model)
                )
                file.unlink()
    return scales


def _in_own_process(payload: str, rows: int, file: Path, seconds: float, *, dense: bool, model: str) -> Scale:
    size = file.stat().st_size
    if seconds <= 0:
        return Scale(payload, rows, size, problem="not measured: the time budget is used up")
    asked = json.dumps({"payload": payload, "rows": rows, "file": str(file), "dense": dense, "model": model})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "harness.scaling"],
            input=asked,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            cwd=Path(__file__).parents[1],
            check=True,
        )
    except subprocess.TimeoutExpired:
        return Scale(payload, rows, size, problem=f"not measured: over {seconds:.0f} s")
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines() or ["no message"]
        return Scale(payload, rows, size, problem=f"failed: {last[-1]}")
    return Scale(**json.loads(done.stdout))


def measure_one(payload: str, rows: int, file: str, *, dense: bool, model: str) -> Scale:
    """Measure one text in this process.

    Args:
        payload: Name of the payload, for the result.
        rows: Rows of the text, for the result.
        file: Holds the text in UTF-8.
        dense: Measure the dense form.
        model: Model that the text is compressed for.

    Returns:
        Time, memory and tokens.
    """
    from headroom_langchain.transforms import compress_text  # noqa: PLC0415 - parent processes stay small

    warm = PAYLOADS[payload](_RUNS * 100)
    compress_text(warm, model=model, dense=dense)
    count_texts([warm])
    text = _read(file)
    memory = PeakMemory()
    result = compress_text(text, model=model, dense=dense)
    peak = memory.grown()
    tokens_after = count_texts([result.text])
    del result
    timing = time_beside(
        lambda: compress_text(text, model=model, dense=dense),
        lambda: count_texts([text]),
        _RUNS if rows <= _REPEATABLE else 1,
    )
    return Scale(
        payload=payload,
        rows=rows,
        size=len(text.encode()),
        tokens_before=count_texts([text]),
        tokens_after=tokens_after,
        milliseconds=timing.milliseconds,
        ratio=timing.ratio,
        peak=peak,
    )


def _read(file: str) -> str:
    with Path(file).open(encoding="utf-8", newline="") as opened:
        return opened.read()


class PeakMemory:
    """Tells how far this process grows from here."""

    def __init__(self) -> None:
        self._reset = _reset_high_water()
        self._start = _status("VmRSS") if self._reset else _high_water()

    def grown(self) -> int:
        """Bytes of resident memory at the peak, above what was resident at the start."""
        return max(0, (_status("VmHWM") if self._reset else _high_water()) - self._start)


def _reset_high_water() -> bool:
    # Linux forgets the high-water mark when asked, so that reading the text does not count as compressing it.
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def _high_water() -> int:
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(asdict(measure_one(**json.load(sys.stdin)))))
