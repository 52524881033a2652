"""A chat model that is another one in everything that is asked of it."""

# Pydantic, and fallbacks that look for methods which return runnables, read annotations at run time.
# To delegate is to call the wrapped model's protected methods.
# ruff: noqa: TC002, TC003, SLF001

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import BaseMessage
from pydantic import Field

from headroom_langchain.rebind import primary_model

HOISTED: Final = (
    "name",
    "cache",
    "verbose",
    "callbacks",
    "tags",
    "custom_get_token_ids",
    "rate_limiter",
    "disable_streaming",
    "output_version",
)
"""What the public methods of a chat model read from the model itself, so that a wrapper must hold it too."""


def hoisted(inner: BaseChatModel, given: Mapping[str, Any]) -> dict[str, Any]:
    """Take over what the user set on the inner model and not on the wrapper.

    Args:
        inner: The model that is wrapped.
        given: Fields given to the wrapper; None, and False for ``disable_streaming``, count as not given.

    Returns:
        Field values for the wrapper. Metadata of both is merged, the wrapper's own first.
    """
    unset = (name for name in HOISTED if given.get(name) is None or (name, given[name]) == _STREAMING)
    values = {name: getattr(inner, name, None) for name in unset}
    theirs, ours = inner.metadata or {}, given.get("metadata") or {}
    versions = [
        found for found in (theirs.get("lc_versions"), ours.get("lc_versions")) if isinstance(found, dict)
    ]
    metadata = {**theirs, **ours}
    if versions:
        metadata["lc_versions"] = {name: number for found in versions for name, number in found.items()}
    return {name: value for name, value in values.items() if value is not None} | {"metadata": metadata}


_STREAMING: Final = ("disable_streaming", False)


class DelegatingChatModel(BaseChatModel):
    """Answers every question about the model as the wrapped one does.

    Public attributes that a chat model does not have by itself, such as ``temperature`` or ``root_client``, are
    read from the wrapped model.
    """

    wrapped_model: Any = Field(exclude=True)
    """A chat model, or a binding, retry, fallbacks or configurable runnable around one."""

    @property
    def inner(self) -> BaseChatModel:
        """The chat model at the bottom of :attr:`wrapped_model`; of fallbacks and alternatives the first."""
        return primary_model(self.wrapped_model)

    if not TYPE_CHECKING:
        # Hidden from type checkers, or they would take every misspelt name for an attribute.
        def __getattr__(self, name: str) -> Any:
            """Read a public attribute of the wrapped model.

            Private names stay with this class: hooks such as ``_stream_chat_model_events`` are looked up by name
            and would bypass the wrapper.
            """
            # Copying and unpickling ask for attributes before there are any.
            if name.startswith("_") or "wrapped_model" not in self.__dict__:
                return super().__getattr__(name)
            try:
                return getattr(self.inner, name)
            except AttributeError as error:
                mine, theirs = type(self).__name__, type(self.inner).__name__
                raise AttributeError(f"neither {mine} nor the wrapped {theirs} has {name!r}") from error

    def __dir__(self) -> list[str]:
        """Names of both models."""
        theirs = (name for name in dir(self.inner) if not name.startswith("_"))
        return sorted({*super().__dir__(), *theirs})

    @property
    def _llm_type(self) -> str:
        return self.inner._llm_type

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return self.inner._identifying_params

    def _resolve_model_profile(self) -> ModelProfile | None:
        return self.inner.profile

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return self.inner._get_ls_params(stop=stop, **kwargs)

    def _get_ls_params_with_defaults(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return self.inner._get_ls_params_with_defaults(stop=stop, **kwargs)

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        return self.inner._get_invocation_params(stop=stop, **kwargs)

    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        return self.inner._combine_llm_outputs(llm_outputs)

    def _should_stream(
        self,
        *,
        async_api: bool,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> bool:
        return not self._streaming_disabled(**kwargs) and self.inner._should_stream(
            async_api=async_api, run_manager=run_manager, **kwargs
        )

    def _should_use_protocol_streaming(
        self,
        *,
        async_api: bool,
        run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> bool:
        return not self._streaming_disabled(**kwargs) and self.inner._should_use_protocol_streaming(
            async_api=async_api, run_manager=run_manager, **kwargs
        )

    def get_token_ids(self, text: str) -> list[int]:
        """Ids of a text's tokens, as the wrapped model counts them.

        Args:
            text: Any text.
        """
        count = self.custom_get_token_ids
        return self.inner.get_token_ids(text) if count is None else count(text)

    def get_num_tokens(self, text: str) -> int:
        """Tokens of a text, as the wrapped model counts them.

        Args:
            text: Any text.
        """
        count = self.custom_get_token_ids
        return self.inner.get_num_tokens(text) if count is None else len(count(text))

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Tokens of messages before compression, as the wrapped model counts them.

        Args:
            messages: A conversation.
            tools: Tools whose schemas are counted too, where the wrapped model can.
        """
        if tools is None:
            # Models written before tools were counted know one argument only.
            return self.inner.get_num_tokens_from_messages(messages)
        return self.inner.get_num_tokens_from_messages(messages, tools=tools)
