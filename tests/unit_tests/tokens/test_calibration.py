from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.tokens import CalibratedCounter, Calibrator, counter_for


def test_without_reports_nothing_is_corrected() -> None:
    assert Calibrator().correct(1234) == 1234


def test_one_odd_report_moves_nothing() -> None:
    calibrator = Calibrator()
    for _ in range(9):
        calibrator.observe(1000, 1300)
    calibrator.observe(1000, 3900)
    assert calibrator.factor == 1.3


@given(st.lists(st.tuples(st.integers(), st.integers())))
def test_any_reports_keep_the_correction_within_bounds(reports: list[tuple[int, int]]) -> None:
    calibrator = Calibrator()
    for estimated, reported in reports:
        calibrator.observe(estimated, reported)
    assert 0.25 <= calibrator.factor <= 4.0


def test_old_reports_are_forgotten() -> None:
    calibrator = Calibrator(window=4)
    for reported in [2000] * 10 + [1100] * 4:
        calibrator.observe(1000, reported)
    assert calibrator.factor == 1.1


def test_the_counter_that_chooses_forms_never_learns() -> None:
    raw, calibrator = counter_for("claude-sonnet-4-5"), Calibrator()
    reporting = CalibratedCounter(raw, calibrator)
    text = "some text of several words " * 20
    before = raw.count(text)
    assert reporting.count(text) == before
    calibrator.observe(1000, 1500)
    assert raw.count(text) == before
    assert reporting.count(text) == round(before * 1.5)
    assert not reporting.exact


def test_threads_may_report_at_once() -> None:
    calibrator = Calibrator()

    def report() -> None:
        for _ in range(200):
            calibrator.observe(1000, 1200)
            assert calibrator.factor in {1.0, 1.2}

    threads = [threading.Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calibrator.correct(100) == 120
