"""The loopback servers, one of each for the whole run, empty at the start of each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.loopback.anthropic_api import AnthropicServer
from tests.loopback.openai_api import OpenAIServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def openai_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="session")
def anthropic_server() -> Iterator[AnthropicServer]:
    with AnthropicServer() as server:
        yield server


@pytest.fixture
def openai(openai_server: OpenAIServer) -> OpenAIServer:
    openai_server.clear()
    return openai_server


@pytest.fixture
def anthropic(anthropic_server: AnthropicServer) -> AnthropicServer:
    anthropic_server.clear()
    return anthropic_server
