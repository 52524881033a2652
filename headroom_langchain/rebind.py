"""Finds and replaces the chat models inside a runnable; everything around them stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import (
    Runnable,
    RunnableAssign,
    RunnableBranch,
    RunnableParallel,
    RunnableSequence,
    RunnableWithFallbacks,
)
from langchain_core.runnables.base import RunnableBindingBase, RunnableEachBase
from langchain_core.runnables.configurable import (
    DynamicRunnable,
    RunnableConfigurableAlternatives,
    RunnableConfigurableFields,
)

from headroom_langchain.exceptions import ConfigurationError

Change: TypeAlias = Callable[[Any], Runnable[Any, Any]]

# Configurable fields build their model anew from its own fields at every call, so they are not looked into.
_PARTS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (RunnableBindingBase, ("bound",)),
    (RunnableEachBase, ("bound",)),
    (RunnableWithFallbacks, ("runnable", "fallbacks")),
    (RunnableConfigurableAlternatives, ("default", "alternatives")),
    (RunnableSequence, ("first", "middle", "last")),
    (RunnableParallel, ("steps__",)),
    (RunnableAssign, ("mapper",)),
    (RunnableBranch, ("branches", "default")),
)


def is_model(runnable: object) -> bool:
    """Whether a runnable is a chat model, or one whose fields are configurable."""
    if isinstance(runnable, RunnableConfigurableFields):
        return is_model(runnable.default)
    return isinstance(runnable, BaseChatModel)


def replace_models(runnable: Runnable[Any, Any], change: Change) -> Runnable[Any, Any]:
    """Replace every chat model in a runnable.

    Args:
        runnable: A model, or bindings, retries, fallbacks, alternatives, sequences and maps around models.
        change: Gets a model, or configurable fields around one, and returns what takes its place.

    Returns:
        A copy with the models replaced; parts that hold no model are the same objects.
    """
    if is_model(runnable):
        return change(runnable)
    for kind, names in _PARTS:
        if isinstance(runnable, kind):
            parts = {name: getattr(runnable, name) for name in names}
            changed = {name: _replace_in(part, change) for name, part in parts.items()}
            update = {name: part for name, part in changed.items() if part is not parts[name]}
            return runnable.model_copy(update=update) if update else runnable  # type: ignore[no-any-return]
    return runnable


def find_models(runnable: Runnable[Any, Any]) -> list[Runnable[Any, Any]]:
    """List the chat models in a runnable, in order; alternatives that are built on demand are not."""
    found: list[Runnable[Any, Any]] = []

    def note(model: Runnable[Any, Any]) -> Runnable[Any, Any]:
        found.append(model)
        return model

    replace_models(runnable, note)
    return found


def primary_model(runnable: object) -> BaseChatModel:
    """Find the chat model that a runnable calls first.

    Args:
        runnable: A chat model, or a binding, retry, fallbacks or configurable runnable around one.

    Raises:
        ConfigurationError: There is no chat model at the bottom of it.
    """
    node = runnable
    while not isinstance(node, BaseChatModel):
        if isinstance(node, RunnableBindingBase):
            node = node.bound
        elif isinstance(node, RunnableWithFallbacks):
            node = node.runnable
        elif isinstance(node, DynamicRunnable):
            node = node.default
        else:
            raise ConfigurationError(
                "model must be a chat model, or a binding, retry, fallbacks or configurable runnable around one",
                {"given": type(node).__name__},
            )
    return node


def has_branches(runnable: object) -> bool:
    """Whether different models may answer: fallbacks or alternatives, at any depth of bindings."""
    node = runnable
    while not isinstance(node, RunnableWithFallbacks | RunnableConfigurableAlternatives):
        if isinstance(node, RunnableBindingBase):
            node = node.bound
        elif isinstance(node, DynamicRunnable):
            node = node.default
        else:
            return False
    return True


def _replace_in(part: Any, change: Change) -> Any:
    if isinstance(part, Runnable):
        return replace_models(part, change)
    if isinstance(part, list | tuple):
        items = [_replace_in(item, change) for item in part]
        return part if all(new is old for new, old in zip(items, part, strict=True)) else type(part)(items)
    if isinstance(part, Mapping):
        values = {key: _replace_in(value, change) for key, value in part.items()}
        return part if all(values[key] is part[key] for key in part) else values
    if callable(part):
        return partial(_build_and_replace, part, change)
    return part


def _build_and_replace(build: Callable[[], Runnable[Any, Any]], change: Change) -> Runnable[Any, Any]:
    return replace_models(build(), change)
