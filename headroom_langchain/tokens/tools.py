"""Tokens of tool schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from headroom_langchain.tokens.plain import as_json

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTION_TOKENS: Final = 7
"""Each function, as OpenAI's cookbook counts for gpt-4o; 10 for models with cl100k_base."""
FUNCTION_TOKENS_CL100K: Final = 10
PROPERTIES_TOKENS: Final = 3
"""Each object with properties."""
PROPERTY_TOKENS: Final = 3
ENUM_TOKENS: Final = -3
ENUM_ITEM_TOKENS: Final = 3
END_TOKENS: Final = 12
"""Once, where there are any tools."""
_LEVELS: Final = 50


def tool_schema(tool: object) -> dict[str, Any] | None:
    """Convert a tool as ``bind_tools`` does.

    Args:
        tool: A schema, a ``BaseTool``, a pydantic class, a typed dict or a function.

    Returns:
        The schema in OpenAI's form; None for what LangChain cannot convert.
    """
    from langchain_core.utils.function_calling import convert_to_openai_tool  # noqa: PLC0415

    try:
        return convert_to_openai_tool(cast("Any", tool))
    except (TypeError, ValueError, AttributeError, LookupError, NameError, RuntimeError):
        # What pydantic and LangChain raise for schemas they cannot write; binding such a tool fails as well.
        return dict(tool) if isinstance(tool, Mapping) else None


def schema_tokens(schema: Mapping[str, Any], count: Callable[[str], int], function_tokens: int) -> int:
    """Count one tool schema by the rule of OpenAI's cookbook, continued into nested objects.

    Args:
        schema: The schema in OpenAI's form; a provider's built-in tool is counted by its JSON.
        count: Tokens of a text.
        function_tokens: Overhead of one function, tokens.

    Returns:
        Tokens, without the closing overhead that all tools share.
    """
    function = schema.get("function")
    if not isinstance(function, Mapping):
        return function_tokens + count(as_json(schema))
    line = f"{_text(function.get('name'))}:{_text(function.get('description')).removesuffix('.')}"
    return function_tokens + count(line) + _object_tokens(function.get("parameters"), count, ())


def _object_tokens(schema: object, count: Callable[[str], int], above: tuple[int, ...]) -> int:
    """Count what a schema holds; above are the schemas around it, by which a cycle ends."""
    if not isinstance(schema, Mapping) or id(schema) in above or len(above) > _LEVELS:
        return 0
    inside = (*above, id(schema))
    total = 0
    choices = schema.get("enum")
    if isinstance(choices, (list, tuple)):
        total += ENUM_TOKENS + sum(ENUM_ITEM_TOKENS + count(_text(choice)) for choice in choices)
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and properties:
        total += PROPERTIES_TOKENS
        for name, field in properties.items():
            total += PROPERTY_TOKENS + count(_line(_text(name), field)) + _object_tokens(field, count, inside)
    return total + sum(_object_tokens(part, count, inside) for part in _parts(schema))


def _line(name: str, field: object) -> str:
    if not isinstance(field, Mapping):
        return name
    kind = field.get("type") or "|".join(
        _text(part.get("type")) for part in _parts(field) if isinstance(part, Mapping)
    )
    return f"{name}:{_text(kind)}:{_text(field.get('description')).removesuffix('.')}"


def _parts(schema: Mapping[str, Any]) -> list[object]:
    parts: list[object] = [schema["items"]] if "items" in schema else []
    for key in ("anyOf", "oneOf", "allOf"):
        choices = schema.get(key)
        if isinstance(choices, (list, tuple)):
            parts += choices
    return parts


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)
