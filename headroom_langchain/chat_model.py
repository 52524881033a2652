"""Any chat model, with compression in front of it."""

# Pydantic, and fallbacks that look for methods which return runnables, read annotations at run time.
# To delegate is to call the wrapped model's protected methods.
# ruff: noqa: TC002, SLF001

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr, model_validator

from headroom_langchain.config import HeadroomConfig, HeadroomMode
from headroom_langchain.delegation import HOISTED, hoisted
from headroom_langchain.engine import Engine
from headroom_langchain.exceptions import ConfigurationError
from headroom_langchain.metrics import CallMetrics, MetricsLog
from headroom_langchain.model_call import ModelCall
from headroom_langchain.rebind import primary_model
from headroom_langchain.routing import RoutedChatModel

try:
    _VERSION = version("headroom-langchain")
except PackageNotFoundError:
    _VERSION = "unknown"

_ALIASES = {"model": "wrapped_model", "config": "headroom_config"}


class HeadroomChatModel(RoutedChatModel):
    """A chat model whose input is compressed, and that is the wrapped model in everything else.

    Bound tools, structured output, streaming, callbacks, cache, rate limiter, profile and token usage work as they
    do without it. Copies made by ``bind_tools``, ``with_structured_output``, ``configurable_fields`` and their like
    share one :class:`~headroom_langchain.metrics.MetricsLog`.

    ``audit`` sends exactly what the wrapped model would send and measures. ``simulate`` calls no model and answers
    with the plan; its figures are in ``response_metadata["headroom"]``.

    Args:
        model: A chat model, or a binding, retry, fallbacks or configurable runnable around one, which keeps its
            arguments, config and fallbacks. ``wrapped_model`` is another name for it.
        config: The settings; None takes the defaults. ``headroom_config`` is another name for it.
        mode: Mode of all calls; None takes ``config.default_mode``.
        metrics: Where calls are recorded; None makes a log of its own with the newest 1000 calls.
        counter: A token counter to use in place of the model's own.
        **kwargs: Fields of any chat model (``callbacks``, ``tags``, ``metadata``, ``cache``, ``rate_limiter``,
            ``disable_streaming``, ``profile``, ...). What is not given is taken from the wrapped model.

    Raises:
        ConfigurationError: ``model`` is no chat model, or a setting is unknown or outside its range.

    Example:
        >>> from langchain_core.language_models import FakeListChatModel
        >>> model = HeadroomChatModel(FakeListChatModel(responses=["12 jobs failed."]))
        >>> model.invoke("How many jobs failed?").text
        '12 jobs failed.'
        >>> model.get_savings_summary()["calls"]
        1
    """

    headroom_config: HeadroomConfig = Field(default_factory=HeadroomConfig)
    """The settings of compression."""
    mode: HeadroomMode | None = None
    """Mode of all calls; None takes ``headroom_config.default_mode``."""
    metrics: MetricsLog = Field(default_factory=MetricsLog, exclude=True, repr=False)
    """Where calls are recorded."""
    counter: Any = Field(default=None, exclude=True, repr=False)
    """A :class:`~headroom_langchain.tokens.TokenCounter` to use in place of the model's own."""

    _engine: Engine = PrivateAttr()
    _given: dict[str, Any] = PrivateAttr(default_factory=dict)

    def __init__(
        self,
        model: Any = None,
        config: HeadroomConfig | None = None,
        mode: HeadroomMode | str | None = None,
        *,
        metrics: MetricsLog | None = None,
        **kwargs: Any,
    ) -> None:
        named = {"model": model, "config": config, "mode": mode, "metrics": metrics}
        given = {**kwargs, **{name: value for name, value in named.items() if value is not None}}
        super().__init__(**given)
        taken = (*HOISTED, "metadata", "profile")
        self._given = {name: given[name] for name in taken if given.get(name) is not None}
        self._engine = Engine(self.headroom_config, model=_model_name(self.inner), counter=self.counter)

    @model_validator(mode="before")
    @classmethod
    def _settle_arguments(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        values = dict(data)
        for alias, name in _ALIASES.items():
            if alias in values:
                if values.get(name) is not None:
                    raise ConfigurationError(f"{alias} and {name} are the same setting; give one of them")
                values[name] = values.pop(alias)
        unknown = sorted(values.keys() - cls.model_fields.keys())
        if unknown:
            raise ConfigurationError(
                f"{cls.__name__} has no setting {', '.join(unknown)}; settings of the provider belong to the wrapped"
                " model",
                {"known": ", ".join(cls.model_fields)},
            )
        settings = values.get("headroom_config")
        values["headroom_config"] = (
            HeadroomConfig() if settings is None else HeadroomConfig.model_validate(settings)
        )
        if values.get("mode") is not None:
            values["mode"] = values["headroom_config"].mode(values["mode"])
        wrapped = values.get("wrapped_model")
        inner = primary_model(wrapped)
        return {**values, **hoisted(inner, values)} if wrapped is inner else values

    @model_validator(mode="after")
    def _set_headroom_langchain_version(self) -> Self:
        self._add_version("headroom-langchain", _VERSION)
        return self

    @property
    def metrics_history(self) -> tuple[CallMetrics, ...]:
        """The newest calls, oldest first; how many are kept is a setting of :class:`MetricsLog`."""
        return self.metrics.history

    @property
    def total_tokens_saved(self) -> int:
        """Tokens that did not have to be sent, over all calls that succeeded."""
        return self.metrics.total_tokens_saved

    def get_savings_summary(self) -> dict[str, Any]:
        """Totals over all calls, as :meth:`MetricsLog.summary` gives them."""
        return self.metrics.summary()

    def get_metrics(self) -> dict[str, Any]:
        """Everything that was recorded, as plain values.

        Returns:
            ``summary``, the totals, and ``calls``, one dict for each call in the history.
        """
        return {"summary": self.metrics.summary(), "calls": [call.to_dict() for call in self.metrics.history]}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self._compressed(messages, run_manager, kwargs, stream=False)
        with call.recorded():
            if call.mode is HeadroomMode.SIMULATE:
                return ChatResult(generations=[ChatGeneration(message=call.plan())])
            generate = self.inner._generate
            result = generate(call.messages, stop=stop, **_observed(generate, run_manager), **kwargs)
            if result.generations:
                call.saw(result.generations[0].message)
            return result

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = await self._acompressed(messages, run_manager, kwargs, stream=False)
        with call.recorded():
            if call.mode is HeadroomMode.SIMULATE:
                return ChatResult(generations=[ChatGeneration(message=call.plan())])
            generate = self.inner._agenerate
            result = await generate(call.messages, stop=stop, **_observed(generate, run_manager), **kwargs)
            if result.generations:
                call.saw(result.generations[0].message)
            return result

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._compressed(messages, run_manager, kwargs, stream=True)
        with call.recorded():
            if call.mode is HeadroomMode.SIMULATE:
                yield _only_chunk(call.plan())
                return
            stream = self.inner._stream
            for chunk in stream(call.messages, stop=stop, **_watched(run_manager), **kwargs):
                call.saw(chunk.message)
                yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = await self._acompressed(messages, run_manager, kwargs, stream=True)
        with call.recorded():
            if call.mode is HeadroomMode.SIMULATE:
                yield _only_chunk(call.plan())
                return
            stream = self.inner._astream
            chunks = stream(call.messages, stop=stop, **_watched(run_manager), **kwargs)
            async with aclosing(_generator(chunks)) as closing:
                async for chunk in closing:
                    call.saw(chunk.message)
                    yield chunk

    def _iter_v2_events(self, messages: list[BaseMessage], **kwargs: Any) -> Iterator[Any]:
        """Drive the wrapped model's own producer of protocol events, where it has one."""
        if (
            not _has_own_events(self.inner, "_stream_chat_model_events")
            or self._mode is HeadroomMode.SIMULATE
        ):
            yield from super()._iter_v2_events(messages, **kwargs)
            return
        call = self._compressed(messages, kwargs.get("run_manager"), kwargs, stream=True)
        with call.recorded():
            for event in self.inner._iter_v2_events(call.messages, **kwargs):
                _note_end(call, event, kwargs["stream"])
                yield event

    async def _aiter_v2_events(self, messages: list[BaseMessage], **kwargs: Any) -> AsyncIterator[Any]:
        if (
            not _has_own_events(self.inner, "_astream_chat_model_events")
            or self._mode is HeadroomMode.SIMULATE
        ):
            async for event in super()._aiter_v2_events(messages, **kwargs):
                yield event
            return
        call = await self._acompressed(messages, kwargs.get("run_manager"), kwargs, stream=True)
        with call.recorded():
            async for event in self.inner._aiter_v2_events(call.messages, **kwargs):
                _note_end(call, event, kwargs["stream"])
                yield event

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        settings = self.headroom_config.model_dump_json()
        theirs = self.inner._get_llm_string(stop=stop, **kwargs)
        return f"{theirs}---headroom:{self._mode.value}:{settings}"

    @property
    def _mode(self) -> HeadroomMode:
        return self.headroom_config.mode(self.mode)

    def _call(
        self,
        messages: list[BaseMessage],
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None,
        kwargs: dict[str, Any],
        *,
        stream: bool,
    ) -> ModelCall:
        named = kwargs.get("model")
        return ModelCall(
            messages,
            mode=self._mode,
            model=named if isinstance(named, str) else _model_name(self.inner),
            stream=stream,
            run_id=None if run_manager is None else run_manager.run_id,
            log=self.metrics,
        )

    def _compressed(
        self,
        messages: list[BaseMessage],
        run_manager: CallbackManagerForLLMRun | None,
        kwargs: dict[str, Any],
        *,
        stream: bool,
    ) -> ModelCall:
        call = self._call(messages, run_manager, kwargs, stream=stream)
        with call.compressing():
            call.result = self._engine.compress(messages)
        return call

    async def _acompressed(
        self,
        messages: list[BaseMessage],
        run_manager: AsyncCallbackManagerForLLMRun | None,
        kwargs: dict[str, Any],
        *,
        stream: bool,
    ) -> ModelCall:
        call = self._call(messages, run_manager, kwargs, stream=stream)
        with call.compressing():
            call.result = await self._engine.acompress(messages)
        return call

    def _around(self, model: Runnable[Any, Any]) -> HeadroomChatModel:
        if model is self.wrapped_model:
            return self
        copy = HeadroomChatModel(
            model,
            self.headroom_config,
            self.mode,
            metrics=self.metrics,
            counter=self.counter,
            **self._given,
        )
        if _model_name(copy.inner) == _model_name(self.inner):
            copy._engine = self._engine
        return copy


def _model_name(model: object) -> str | None:
    names = (getattr(model, name, None) for name in ("model_name", "model", "model_id"))
    return next((name for name in names if isinstance(name, str)), None)


def _observed(generate: Callable[..., Any], run_manager: object) -> dict[str, Any]:
    # Models written before there were run managers would send the argument to their provider.
    return {"run_manager": run_manager} if "run_manager" in signature(generate).parameters else {}


def _watched(run_manager: object) -> dict[str, Any]:
    # The public methods stream without a run manager, the event methods with one.
    return {} if run_manager is None else {"run_manager": run_manager}


def _has_own_events(model: object, hook: str) -> bool:
    return getattr(model, hook, None) is not None


def _note_end(call: ModelCall, event: Any, stream: Any) -> None:
    # Readers of events stop at this one and leave the rest of the producer to the garbage collector.
    if event["event"] == "message-finish":
        call.saw(stream.output_message)
        call.finish()


def _only_chunk(plan: AIMessage) -> ChatGenerationChunk:
    return ChatGenerationChunk(
        message=AIMessageChunk(
            content=plan.content, response_metadata=plan.response_metadata, chunk_position="last"
        )
    )


def _generator(chunks: AsyncIterator[ChatGenerationChunk]) -> AsyncGenerator[ChatGenerationChunk]:
    return chunks if isinstance(chunks, AsyncGenerator) else _as_generator(chunks)


async def _as_generator(chunks: AsyncIterator[ChatGenerationChunk]) -> AsyncGenerator[ChatGenerationChunk]:
    async for chunk in chunks:
        yield chunk
