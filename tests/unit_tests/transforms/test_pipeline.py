"""Text in, the smallest proven form out: the competition, its refusals and its failures."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from headroom_langchain.config import LosslessConfig
from headroom_langchain.exceptions import CompressionError
from headroom_langchain.results import ContentKind, Loss
from headroom_langchain.tokens import counter_for
from headroom_langchain.transforms import pipeline
from headroom_langchain.transforms.pipeline import TextCompressor, expand_text

LOG = "\n".join(
    f"2024-05-03 10:00:{i:02d} INFO worker-{i % 3} job {i * 7919} took {i * 13} ms" for i in range(50)
)


def compressor(**settings: object) -> TextCompressor:
    return TextCompressor(LosslessConfig.model_validate(settings), counter_for(None))


@dataclass(frozen=True)
class Broken:
    """A form whose encoder or decoder is defective."""

    error: Exception | None = None

    def encode(self, text: str, options: object) -> str | None:
        del text, options
        if self.error is not None:
            raise self.error
        return "[headroom:lines]\nshort"

    def decode(self, form: str) -> str:
        return form

    def same(self, decoded: str, original: str) -> bool:
        return decoded == original


def test_a_compressed_text_is_not_compressed_again() -> None:
    once = compressor().compress(LOG)
    assert once.loss is Loss.LOSSLESS
    twice = compressor().compress(once.text)
    assert twice.text == once.text
    assert twice.reason == "already compressed"
    assert twice.kind is ContentKind.COMPRESSED


def test_a_text_that_only_begins_like_a_form_is_compressed_like_any_other() -> None:
    text = "[headroom:lines]\n" + LOG
    found = compressor().compress(text)
    assert found.loss is Loss.LOSSLESS
    assert expand_text(found.text) == text


@pytest.mark.parametrize(
    "defect", [Broken(), Broken(ValueError("no")), Broken(RecursionError()), Broken(KeyError(1))]
)
def test_a_defective_form_is_reported_and_the_text_goes_through(
    defect: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pipeline._FORMS, "lines", defect)
    found = compressor().compress(LOG)
    assert found.text == LOG
    assert found.loss is Loss.UNCHANGED
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("lines: ")


def test_every_kind_has_an_answer() -> None:
    assert set(pipeline._FORMS_OF_KIND) == set(ContentKind)
    assert {name for names in pipeline._FORMS_OF_KIND.values() for name in names} <= set(pipeline._FORMS)


def test_code_and_diffs_are_sent_as_written() -> None:
    code = "\n".join(f"def f{i}(x: int) -> int:\n    return x + {i}\n" for i in range(40))
    found = compressor().compress(code)
    assert found.text == code
    assert found.reason == "code is sent as written"


@pytest.mark.parametrize(
    "damaged",
    [
        "[headroom:lines]\nA=x\nno end of the legend",
        "[headroom:records json]\n[9,]\na,b\n1,2",
        "[headroom:unknown]\nx",
    ],
)
def test_a_damaged_form_is_refused_by_name(damaged: str) -> None:
    with pytest.raises(CompressionError):
        expand_text(damaged)


@pytest.mark.parametrize("text", ["", "plain text", "[1, 2", "[headroom]\nx"])
def test_expanding_what_is_no_form_gives_it_back(text: str) -> None:
    assert expand_text(text) == text
