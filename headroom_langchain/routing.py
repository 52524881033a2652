"""Keeps a wrapper in the place of its model: in what stands around the model, and in what the model returns."""

# Pydantic, and fallbacks that look for methods which return runnables, read annotations at run time.
# The names of arguments are LangChain's.
# ruff: noqa: TC002, TC003, A002

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Self

from langchain_core.callbacks import Callbacks
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import Runnable, RunnableBinding, RunnableConfig, RunnableSerializable
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.configurable import RunnableConfigurableFields
from langchain_core.runnables.utils import AnyConfigurableField, ConfigurableFieldSpec
from langchain_core.tools import BaseTool
from pydantic import BaseModel

from headroom_langchain.delegation import DelegatingChatModel
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.rebind import find_models, has_branches, replace_models


class RoutedChatModel(DelegatingChatModel):
    """Keeps calls on the way through the wrapper.

    Bindings, retries, fallbacks and configurable runnables around a model handle their calls themselves, with
    their models wrapped. What the model's own methods return, bindings and sequences, gets the wrapper in its
    place.
    """

    @abstractmethod
    def _around(self, model: Runnable[Any, Any]) -> Self:
        """Wrap another model in the same way."""

    @cached_property
    def _routed(self) -> Runnable[Any, Any]:
        return replace_models(self.wrapped_model, self._around)

    def _route(
        self, config: RunnableConfig | None
    ) -> tuple[Runnable[Any, Any], RunnableConfig | None] | None:
        model = self.wrapped_model
        if isinstance(model, BaseChatModel):
            return None
        if isinstance(model, RunnableConfigurableFields):
            chosen, config = model.prepare(config)
            return self._around(chosen), config
        return self._routed, config

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """What can be configured at run time."""
        model = self.wrapped_model
        return super().config_specs if isinstance(model, BaseChatModel) else list(model.config_specs)

    def invoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Call the model. See :meth:`langchain_core.language_models.BaseChatModel.invoke`."""
        route = self._route(config)
        if route is None:
            return super().invoke(input, config, stop=stop, **kwargs)
        answer: AIMessage = route[0].invoke(input, route[1], **_stopping(stop), **kwargs)
        return answer

    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Call the model. See :meth:`langchain_core.language_models.BaseChatModel.ainvoke`."""
        route = self._route(config)
        if route is None:
            return await super().ainvoke(input, config, stop=stop, **kwargs)
        answer: AIMessage = await route[0].ainvoke(input, route[1], **_stopping(stop), **kwargs)
        return answer

    def stream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> Iterator[AIMessageChunk]:
        """Stream an answer. See :meth:`langchain_core.language_models.BaseChatModel.stream`."""
        route = self._route(config)
        if route is None:
            return super().stream(input, config, stop=stop, **kwargs)
        return route[0].stream(input, route[1], **_stopping(stop), **kwargs)

    def astream(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[AIMessageChunk]:
        """Stream an answer. See :meth:`langchain_core.language_models.BaseChatModel.astream`."""
        # No generator of its own: closing the stream must reach the model's at once.
        route = self._route(config)
        if route is None:
            return super().astream(input, config, stop=stop, **kwargs)
        return route[0].astream(input, route[1], **_stopping(stop), **kwargs)

    def stream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Stream events. See :meth:`langchain_core.language_models.BaseChatModel.stream_events`."""
        route = self._route(config)
        if route is None:
            return super().stream_events(input, config, **kwargs)
        return route[0].stream_events(input, route[1], **kwargs)

    def astream_events(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Any:
        """Stream events. See :meth:`langchain_core.language_models.BaseChatModel.astream_events`."""
        route = self._route(config)
        if route is None:
            return super().astream_events(input, config, **kwargs)
        return route[0].astream_events(input, route[1], **kwargs)

    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Generate answers. Of fallbacks and alternatives the first model is asked, as without the wrapper.

        See :meth:`langchain_core.language_models.BaseChatModel.generate`.
        """
        if isinstance(self.wrapped_model, BaseChatModel):
            return super().generate(messages, stop, callbacks, **kwargs)
        model, bound = self._first()
        return model.generate(messages, callbacks=callbacks, **{**bound, **_stopping(stop), **kwargs})

    async def agenerate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Generate answers. Of fallbacks and alternatives the first model is asked, as without the wrapper.

        See :meth:`langchain_core.language_models.BaseChatModel.agenerate`.
        """
        if isinstance(self.wrapped_model, BaseChatModel):
            return await super().agenerate(messages, stop, callbacks, **kwargs)
        model, bound = self._first()
        return await model.agenerate(messages, callbacks=callbacks, **{**bound, **_stopping(stop), **kwargs})

    def _first(self) -> tuple[Self, dict[str, Any]]:
        """The model that answers first, and the arguments that the bindings around it hold."""
        bound: dict[str, Any] = {}
        node = self.wrapped_model
        while isinstance(node, RunnableBindingBase):
            bound = {**node.kwargs, **bound}
            node = node.bound
        return self._around(self.inner), bound

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools as the wrapped model does.

        Args:
            tools: Whatever the wrapped model takes as tools.
            tool_choice: Which tool to call, in the wrapped model's terms.
            **kwargs: Handed on to the wrapped model's ``bind_tools``.

        Returns:
            A ``RunnableBinding`` around this model.

        Raises:
            ConfigurationError: The wrapped model returns something that does not hold it.
        """
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice

        def bind(model: Any) -> Runnable[Any, Any]:
            bound: Runnable[Any, Any] = model.bind_tools(tools, **kwargs)
            return bound

        if has_branches(self.wrapped_model):
            # Each provider has its own notation for tools, so each branch binds them itself.
            return RunnableBinding(
                bound=self._around(replace_models(self.wrapped_model, bind)), kwargs={}, config={}
            )
        return self._put_into(bind(self.inner), "bind_tools")

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Ask for structured output as the wrapped model does.

        Args:
            schema: Schema of the output, in any notation that the wrapped model takes.
            include_raw: Also return the message, and parsing errors instead of raising them.
            **kwargs: Handed on to the wrapped model's ``with_structured_output``.

        Returns:
            The wrapped model's runnable, with this model in its place.

        Raises:
            ConfigurationError: The wrapped model returns something that does not hold it.
        """
        if has_branches(self.wrapped_model):

            def structure(model: Any) -> Runnable[Any, Any]:
                found: Runnable[Any, Any] = self._around(model).with_structured_output(
                    schema, include_raw=include_raw, **kwargs
                )
                return found

            return replace_models(self.wrapped_model, structure)
        given = self.inner.with_structured_output(schema, include_raw=include_raw, **kwargs)  # type: ignore[arg-type]
        return self._put_into(given, "with_structured_output")

    def configurable_fields(
        self, **kwargs: AnyConfigurableField
    ) -> RunnableSerializable[LanguageModelInput, Any]:
        """Make fields of this model, or of the wrapped one, configurable at run time.

        Args:
            **kwargs: Configurable fields by name; a name that this model has is taken as its own.

        Returns:
            A runnable whose calls are compressed.

        Raises:
            ValueError: Neither model has a field of that name.
        """
        own = {name: field for name, field in kwargs.items() if name in type(self).model_fields}
        theirs = {name: field for name, field in kwargs.items() if name not in own}
        model = self._around(self.wrapped_model.configurable_fields(**theirs)) if theirs else self
        return RunnableSerializable.configurable_fields(model, **own) if own else model

    def _put_into(self, runnable: Runnable[Any, Any], method: str) -> Runnable[Any, Any]:
        """Put this model in the place of the wrapped one."""
        if not find_models(runnable):
            raise ConfigurationError(
                f"{method} of the wrapped model returns a runnable that does not show the model, so its calls would"
                " not be compressed",
                {"model": type(self.inner).__name__, "returned": type(runnable).__name__},
            )
        return replace_models(runnable, lambda model: self if model is self.inner else self._around(model))


def _stopping(stop: list[str] | None) -> dict[str, Any]:
    # An explicit None would override the stop words of a binding.
    return {} if stop is None else {"stop": stop}
