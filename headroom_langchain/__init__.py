"""Context compression for LangChain and LangGraph that loses nothing by default.

Example:
    >>> from headroom_langchain import compress_text, expand_text
    >>> rows = "[" + ", ".join(f'{{"id": {i}, "state": "ready"}}' for i in range(40)) + "]"
    >>> expand_text(compress_text(rows).text) == rows
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headroom_langchain.blocks import block_breakdown, blocks_of
    from headroom_langchain.chat_model import HeadroomChatModel
    from headroom_langchain.config import (
        CCRConfig,
        HeadroomConfig,
        HeadroomMode,
        LosslessConfig,
        RelevanceScorerConfig,
        SelectionConfig,
        ToolCrusherConfig,
        ToolProfile,
        ToolRule,
    )
    from headroom_langchain.engine import Engine, optimize_messages
    from headroom_langchain.exceptions import (
        CompressionError,
        ConfigurationError,
        HeadroomError,
        StorageError,
        TokenizationError,
        TransformError,
    )
    from headroom_langchain.metrics import CallMetrics, MetricsLog
    from headroom_langchain.originals import Originals
    from headroom_langchain.restore import expand_messages
    from headroom_langchain.results import (
        Block,
        BlockKind,
        CachePrefixMetrics,
        CompressedText,
        ContentKind,
        DiffArtifact,
        Loss,
        MessageDecision,
        Omission,
        SimulationResult,
        TransformDiff,
        TransformResult,
        WasteSignals,
    )
    from headroom_langchain.runnable import HeadroomRunnable
    from headroom_langchain.simulation import simulate
    from headroom_langchain.tokens import FunctionCounter, TokenCounter
    from headroom_langchain.transforms import compress_text, expand_text
    from headroom_langchain.transforms.select.llmlingua import LLMLinguaCompressor, TextShortener
    from headroom_langchain.waste import waste_signals

__all__ = [
    "Block",
    "BlockKind",
    "CCRConfig",
    "CachePrefixMetrics",
    "CallMetrics",
    "CompressedText",
    "CompressionError",
    "ConfigurationError",
    "ContentKind",
    "DiffArtifact",
    "Engine",
    "FunctionCounter",
    "HeadroomChatModel",
    "HeadroomConfig",
    "HeadroomError",
    "HeadroomMode",
    "HeadroomRunnable",
    "LLMLinguaCompressor",
    "Loss",
    "LosslessConfig",
    "MessageDecision",
    "MetricsLog",
    "Omission",
    "Originals",
    "RelevanceScorerConfig",
    "SelectionConfig",
    "SimulationResult",
    "StorageError",
    "TextShortener",
    "TokenCounter",
    "TokenizationError",
    "ToolCrusherConfig",
    "ToolProfile",
    "ToolRule",
    "TransformDiff",
    "TransformError",
    "TransformResult",
    "WasteSignals",
    "block_breakdown",
    "blocks_of",
    "compress_text",
    "expand_messages",
    "expand_text",
    "optimize_messages",
    "simulate",
    "waste_signals",
]

_HOMES = {
    "LLMLinguaCompressor": "transforms.select.llmlingua",
    "TextShortener": "transforms.select.llmlingua",
    "Omission": "results",
    "ToolCrusherConfig": "config",
    "ToolProfile": "config",
    "ToolRule": "config",
    "SelectionConfig": "config",
    "RelevanceScorerConfig": "config",
    "StorageError": "exceptions",
    "CCRConfig": "config",
    "Originals": "originals",
    "Block": "results",
    "BlockKind": "results",
    "CachePrefixMetrics": "results",
    "CallMetrics": "metrics",
    "CompressedText": "results",
    "CompressionError": "exceptions",
    "ConfigurationError": "exceptions",
    "ContentKind": "results",
    "DiffArtifact": "results",
    "Engine": "engine",
    "FunctionCounter": "tokens",
    "HeadroomChatModel": "chat_model",
    "HeadroomConfig": "config",
    "HeadroomError": "exceptions",
    "HeadroomMode": "config",
    "HeadroomRunnable": "runnable",
    "Loss": "results",
    "LosslessConfig": "config",
    "MessageDecision": "results",
    "MetricsLog": "metrics",
    "SimulationResult": "results",
    "TokenCounter": "tokens",
    "TokenizationError": "exceptions",
    "TransformDiff": "results",
    "TransformError": "exceptions",
    "TransformResult": "results",
    "WasteSignals": "results",
    "block_breakdown": "blocks",
    "blocks_of": "blocks",
    "compress_text": "transforms",
    "expand_messages": "restore",
    "expand_text": "transforms",
    "optimize_messages": "engine",
    "simulate": "simulation",
    "waste_signals": "waste",
}


def __getattr__(name: str) -> Any:
    # A name costs its module only when it is used: a chat model pulls in more than a script that expands a text.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
