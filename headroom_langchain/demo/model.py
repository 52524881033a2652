"""A chat model that keeps what it was sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForLLMRun


class RecordingChatModel(BaseChatModel):
    """Keeps what it was sent, and answers from a script or lets another model answer.

    Example:
        >>> model = RecordingChatModel(model_name="gpt-4o")
        >>> model.invoke("hello").text
        '(scripted answer: no model was called)'
        >>> [message.text for message in model.sent]
        ['hello']
    """

    model_name: str
    """The model it stands for; its tokenizer counts the tokens."""
    answering: BaseChatModel | None = None
    """The model that answers; None answers from the script, offline."""
    script: str = "(scripted answer: no model was called)"
    """The answer where no model answers."""

    _sent: list[BaseMessage] = PrivateAttr(default_factory=list)
    _received_at: float = PrivateAttr(default=0.0)

    @property
    def sent(self) -> list[BaseMessage]:
        """The messages of the last call."""
        return self._sent

    @property
    def received_at(self) -> float:
        """When the last call arrived, in seconds of :func:`time.perf_counter`."""
        return self._received_at

    @property
    def _llm_type(self) -> str:
        return "recording"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self._received_at = time.perf_counter()
        self._sent = list(messages)
        if self.answering is None:
            return ChatResult(generations=[ChatGeneration(message=AIMessage(self.script))])
        return self.answering._generate(messages, stop, run_manager, **kwargs)  # noqa: SLF001 - as every wrapper does
