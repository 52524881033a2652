"""The engine as a Runnable, for pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage, convert_to_messages
from langchain_core.prompt_values import ChatPromptValueConcrete, PromptValue, StringPromptValue
from langchain_core.runnables import RunnableSerializable
from pydantic import Field, PrivateAttr

from headroom_langchain.config import HeadroomConfig, HeadroomMode  # noqa: TC001 - fields are read at run time
from headroom_langchain.engine import Engine, for_mode
from headroom_langchain.exceptions import TransformError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from headroom_langchain.tokens import TokenCounter


class HeadroomRunnable(RunnableSerializable[LanguageModelInput, list[BaseMessage]]):
    """Compresses what flows through a pipe on its way to a model.

    Takes what a chat model takes: a prompt value, a string, or a sequence of messages in any of LangChain's
    notations. Gives a list of messages. In ``audit`` and ``simulate`` these are the messages that came in.

    Args:
        config: The settings; None takes the defaults.
        model: Name of the model that will read the messages, for its tokenizer.
        mode: Mode of all calls; None takes ``config.default_mode``.
        counter: A counter to use in place of the model's own.
        name: Name of the runs in traces.

    Raises:
        ConfigurationError: A setting or the mode does not exist.

    Example:
        >>> from langchain_core.prompts import ChatPromptTemplate
        >>> prompt = ChatPromptTemplate([("system", "Answer briefly."), ("placeholder", "{messages}")])
        >>> pipe = prompt | HeadroomRunnable(model="gpt-4o")
        >>> [message.text for message in pipe.invoke({"messages": [("human", "Hello")]})]
        ['Answer briefly.', 'Hello']
    """

    config: HeadroomConfig
    model: str | None
    mode: HeadroomMode
    counter: Any = Field(default=None, exclude=True, repr=False)
    _engine: Engine = PrivateAttr()

    def __init__(
        self,
        *,
        config: HeadroomConfig | None = None,
        model: str | None = None,
        mode: HeadroomMode | str | None = None,
        counter: TokenCounter | None = None,
        name: str | None = None,
    ) -> None:
        engine = Engine(config, model=model, counter=counter)
        super().__init__(
            name=name, config=engine.config, model=model, mode=engine.config.mode(mode), counter=counter
        )
        self._engine = engine

    @property
    def InputType(self) -> Any:  # noqa: N802 - the name is LangChain's
        """What a chat model takes."""
        return str | StringPromptValue | ChatPromptValueConcrete | list[AnyMessage]

    @property
    def OutputType(self) -> Any:  # noqa: N802 - the name is LangChain's
        """A list of messages."""
        return list[AnyMessage]

    def invoke(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> list[BaseMessage]:
        """Compress the messages of an input.

        Args:
            input: A prompt value, a string, or a sequence of messages.
            config: LangChain's settings of this call.
            **kwargs: Handed on to callbacks.

        Returns:
            The messages to send.

        Raises:
            TransformError: The input holds no messages.
        """
        return self._call_with_config(self._compress, input, config, **kwargs)

    async def ainvoke(
        self,
        input: LanguageModelInput,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> list[BaseMessage]:
        """Compress the messages of an input without blocking the event loop.

        Args:
            input: A prompt value, a string, or a sequence of messages.
            config: LangChain's settings of this call.
            **kwargs: Handed on to callbacks.

        Returns:
            The messages to send.

        Raises:
            TransformError: The input holds no messages.
        """
        return await self._acall_with_config(self._acompress, input, config, **kwargs)

    def _compress(self, given: LanguageModelInput) -> list[BaseMessage]:
        messages = _messages(given)
        return for_mode(self._engine.compress(messages), messages, self.mode).messages

    async def _acompress(self, given: LanguageModelInput) -> list[BaseMessage]:
        messages = _messages(given)
        return for_mode(await self._engine.acompress(messages), messages, self.mode).messages


def _messages(given: LanguageModelInput) -> list[BaseMessage]:
    if isinstance(given, PromptValue):
        return given.to_messages()
    if isinstance(given, str):
        return [HumanMessage(given)]
    try:
        return convert_to_messages(given)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise TransformError(
            f"the input holds no messages: {error}", {"given": type(given).__name__}
        ) from error
