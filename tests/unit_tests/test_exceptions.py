"""Errors print what was involved, survive a process boundary and share one base."""

from __future__ import annotations

import copy
import pickle

import pytest

from headroom_langchain import (
    CompressionError,
    ConfigurationError,
    Engine,
    HeadroomConfig,
    HeadroomError,
    TokenizationError,
    TransformError,
    expand_text,
)
from headroom_langchain.exceptions import StorageError
from headroom_langchain.originals import Originals
from headroom_langchain.tokens import FunctionCounter

ERRORS = [ConfigurationError, CompressionError, TokenizationError, TransformError, StorageError]


@pytest.mark.parametrize("error", [HeadroomError, *ERRORS])
def test_an_error_prints_its_details_and_survives_copies(error: type[HeadroomError]) -> None:
    raised = error("too large", {"given": 9, "valid": "0 to 8"})
    assert str(raised) == "too large (given=9, valid=0 to 8)"
    assert str(error("too large")) == "too large"
    for other in (pickle.loads(pickle.dumps(raised)), copy.copy(raised), copy.deepcopy(raised)):  # noqa: S301
        assert type(other) is error
        assert (other.message, other.details) == (raised.message, raised.details)


def test_an_error_keeps_its_details_when_the_caller_changes_theirs() -> None:
    details = {"given": 1}
    raised = HeadroomError("wrong", details)
    details.clear()
    assert raised.details == {"given": 1}


def test_every_error_is_raised_by_name_and_caught_by_the_base() -> None:
    raised = []
    for act in (
        lambda: HeadroomConfig.model_validate({"unknown": 1}),
        lambda: expand_text("[headroom:nothing]\n1"),
        lambda: FunctionCounter(lambda _: -1).count("text"),
        lambda: Engine().compress("text"),  # type: ignore[arg-type]
        lambda: Originals(max_bytes=1).put("text", thread="t"),
    ):
        with pytest.raises(HeadroomError) as caught:
            act()
        raised.append(caught.type)
    assert raised == ERRORS
    assert {
        error for error in HeadroomError.__subclasses__() if error.__module__.endswith("exceptions")
    } == set(ERRORS)
