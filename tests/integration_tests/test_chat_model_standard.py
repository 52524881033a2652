"""LangChain's standard integration tests: what the plain model passes, the wrapped one passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

from headroom_langchain.chat_model import HeadroomChatModel

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from tests.loopback.openai_api import OpenAIServer


class WrappedChatOpenAI(HeadroomChatModel):
    """A ChatOpenAI built from its own arguments, then wrapped: what a person who swaps the model gets."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ChatOpenAI(**kwargs))


class TestPlainModel(ChatModelIntegrationTests):
    url: str

    @pytest.fixture(autouse=True)
    def _served(self, openai: OpenAIServer) -> None:
        type(self).url = openai.base_url

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "gpt-4o-mini", "api_key": "test", "base_url": self.url, "stream_usage": True}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "gpt-4.1-nano"


class TestWrappedModel(TestPlainModel):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return WrappedChatOpenAI
