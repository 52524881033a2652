"""Chat models that answer offline and keep what they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.language_models import LanguageModelInput
    from langchain_core.runnables import Runnable

USAGE = {"input_tokens": 70, "output_tokens": 3, "total_tokens": 73}


def jobs(page: int) -> str:
    """List the jobs of a page."""
    return str(page)


class RecordingModel(BaseChatModel):
    """A model without streaming."""

    model_name: str = "gpt-4o-mini"
    temperature: float = 0.5
    failures: list[Exception] = Field(default_factory=list)
    """Raised by the next calls, one each."""
    sent: list[list[BaseMessage]] = Field(default_factory=list)
    """What each call was sent."""
    arguments: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "recording"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "temperature": self.temperature}

    def _note(self, messages: list[BaseMessage], arguments: dict[str, Any]) -> None:
        self.sent.append(messages)
        self.arguments.append(arguments)
        if self.failures:
            raise self.failures.pop(0)

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self._note(messages, {"stop": stop, **kwargs})
        answer = AIMessage("Three jobs failed.", usage_metadata=USAGE)
        return ChatResult(generations=[ChatGeneration(message=answer)], llm_output={"calls": 1})

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None]) -> dict[str, Any]:
        return {"calls": sum((output or {}).get("calls", 0) for output in llm_outputs)}

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)


class StreamingModel(RecordingModel):
    """A model that streams when it is asked to, or always."""

    streaming: bool = False

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self._note(messages, {"stop": stop, "streamed": True, **kwargs})
        for word in ("Three ", "jobs ", "failed."):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=USAGE))
