"""``demo --live`` calls the real client: over the wire, both conversations, and what was billed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from headroom_langchain.cli import app
from headroom_langchain.demo.samples import SAMPLES
from headroom_langchain.transforms import expand_text

if TYPE_CHECKING:
    from tests.loopback.openai_api import OpenAIServer

LIVE = ["demo", "--live", "--model", "gpt-4o-mini"]


@pytest.fixture
def live(openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
    monkeypatch.setenv("OPENAI_BASE_URL", openai.base_url)
    return openai


def test_each_conversation_is_sent_compressed_and_as_it_was(live: OpenAIServer) -> None:
    result = CliRunner().invoke(app, LIVE)
    assert result.exit_code == 0, result.output
    bodies = [request.json for request in live.requests]
    assert {body["model"] for body in bodies} == {"gpt-4o-mini"}
    tool_results = [body["messages"][-1]["content"] for body in bodies]
    assert tool_results[1::2] == [sample.text() for sample in SAMPLES]
    for compressed, original in zip(tool_results[::2], tool_results[1::2], strict=True):
        assert len(compressed) < len(original)
        assert expand_text(compressed) == original
    assert result.stdout.count(live.text) == 2 * len(SAMPLES)
    for request in live.requests:
        assert f"({len(request.body) // 4:,} input tokens billed)" in result.stdout


def test_a_refused_key_is_an_error_text(live: OpenAIServer) -> None:
    live.fail(401)
    result = CliRunner().invoke(app, LIVE)
    assert result.exit_code == 2
    assert "Calling gpt-4o-mini failed" in result.stderr
    assert "401" in result.stderr
