from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.model import MODEL_TO_ENCODING

from headroom_langchain.tokens import wants_labelled_cells
from headroom_langchain.tokens.models import tokens_of_model

_O200K = [
    None,
    "gpt-4o",
    "GPT-4o",
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",
    "chatgpt-4o-latest",
    "ft:gpt-4o-mini:acme::abc",
    "ft:gpt-4.1-mini-2025-04-14:acme:name:id",
    "openai:ft:gpt-4o-2024-08-06:acme::abc",
    "openai/gpt-4o",
    "azure/gpt-4o",
    "azure_openai:gpt-4o",
    "openrouter/openai/gpt-5",
    "openai/gpt-5:free",
    "openai:gpt-4.1",
    "gpt-4.1-nano",
    "gpt-4.5-preview",
    "gpt-4.5",
    "gpt-5",
    "gpt-5.2-pro",
    "gpt-5-mini-2025-08-07",
    "gpt4o",
    "gpt41-mini",
    "prod-gpt-4o-eu",
    "o1",
    "o1-preview",
    "o3-mini-2025-01-31",
    "openai/o4-mini",
    "openai:o3",
    "codex-mini-latest",
    "gpt-oss-20b",
    "gpt-oss:20b",
    "ollama:gpt-oss:20b",
    "openai.gpt-oss-120b-1:0",
]
_CL100K = [
    "gpt-4",
    "gpt-4-0613",
    "gpt-4-turbo-2024-04-09",
    "gpt-4-32k",
    "gpt-4_eu",
    "gpt4",
    "openai/gpt-4",
    "gpt-3.5-turbo",
    "gpt-3.5-turbo-0125",
    "gpt-35-turbo",
    "azure/gpt-35-turbo-16k",
    "ft:gpt-3.5-turbo-0125:org:name:id",
    "text-embedding-3-small",
    "openai/text-embedding-ada-002",
    "davinci-002",
]
_FAMILIES = {
    "claude-3-5-sonnet-20241022": "claude",
    "anthropic:claude-sonnet-4-5": "claude",
    "anthropic.claude-3-5-sonnet-20241022-v2:0": "claude",
    "us.anthropic.claude-3-7-sonnet-20250219-v1:0": "claude",
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-1": "claude",
    "vertex_ai/claude-3-opus@20240229": "claude",
    "openrouter/anthropic/claude-opus-4.7": "claude",
    "gemini-2.5-pro": "gemini",
    "models/gemini-1.5-flash": "gemini",
    "google_genai:gemini-2.0-flash": "gemini",
    "gemma3:4b": "gemini",
    "llama3.2:3b": "llama",
    "meta-llama/Llama-3.1-8B-Instruct": "llama",
    "accounts/fireworks/models/llama-v3p1-8b-instruct": "llama",
    "groq/llama-3.3-70b-versatile": "llama",
    "mistral-large-latest": "mistral",
    "open-mixtral-8x7b": "mistral",
    "codestral-latest": "mistral",
    "Qwen/Qwen2.5-Coder-1.5B": "qwen",
    "deepseek-r1-distill-qwen-7b": "qwen",
    "deepseek-r1-distill-llama-70b": "llama",
    "deepseek-chat": "deepseek",
    "xai/grok-4": "grok",
    "command-r-plus": "cohere",
    "microsoft/Phi-3-mini-4k-instruct": "phi",
    "gpt-6": "openai",
    "azure/my-deployment": "openai",
    "text-davinci-003": "unknown",
    "gpt2": "openai",
    "marco-o1": "unknown",
    "my-model": "unknown",
    "": "unknown",
}


@pytest.mark.parametrize("model", _O200K)
def test_models_with_o200k_are_exact(model: str | None) -> None:
    tokens = tokens_of_model(model)
    assert (tokens.encoding, tokens.exact, tokens.factor) == ("o200k_base", True, 1.0)


@pytest.mark.parametrize("model", _CL100K)
def test_models_with_cl100k_are_exact(model: str) -> None:
    tokens = tokens_of_model(model)
    assert (tokens.encoding, tokens.exact, tokens.factor) == ("cl100k_base", True, 1.0)


@pytest.mark.parametrize(("model", "family"), _FAMILIES.items())
def test_other_models_are_estimates(model: str, family: str) -> None:
    tokens = tokens_of_model(model)
    assert (tokens.exact, tokens.family) == (False, family)
    assert tokens.factor >= 1.0


def test_every_name_of_tiktoken_keeps_its_encoding() -> None:
    for model, encoding in MODEL_TO_ENCODING.items():
        tokens = tokens_of_model(model)
        if encoding in {"o200k_base", "cl100k_base"}:
            assert (model, tokens.encoding, tokens.exact) == (model, encoding, True)
        elif encoding != "o200k_harmony":
            assert (model, tokens.exact) == (model, False)


def test_a_newer_claude_counts_more_than_an_older_one() -> None:
    newer = ("claude-opus-4-7", "anthropic.claude-opus-4-7-v1:0", "openrouter/anthropic/claude-opus-4.8")
    older = (
        "claude-opus-4-1-20250805",
        "claude-sonnet-4-20250514",
        "claude-haiku-4-5",
        "claude-3-7-sonnet-latest",
    )
    assert {tokens_of_model(model).factor for model in newer} == {1.55}
    assert {tokens_of_model(model).factor for model in older} == {1.2}


@given(st.text())
def test_any_name_has_a_tokenizer_and_a_cell_style(model: str) -> None:
    assert tokens_of_model(model).encoding in {"o200k_base", "cl100k_base"}
    assert wants_labelled_cells(model) in {True, False}


@pytest.mark.parametrize(
    "model",
    [
        "qwen2.5-coder:1.5b",
        "Qwen/Qwen2.5-7B-Instruct",
        "llama3.2:3b",
        "us.meta.llama3-2-3b-instruct-v1:0",
        "accounts/fireworks/models/llama-v3p1-8b-instruct",
        "gemma-2b",
        "google/gemma-3n-e4b-it",
        "gemma-3-270m",
        "smollm2:360m",
        "SmolLM2-1.7B",
        "tinyllama",
        "phi-3-mini-4k-instruct",
        "phi-4-mini",
        "ministral-8b-latest",
        "gpt-4.1-nano",
        "gpt-5-nano-2025-08-07",
    ],
)
def test_small_models_want_labelled_cells(model: str) -> None:
    assert wants_labelled_cells(model)


@pytest.mark.parametrize(
    "model",
    [
        None,
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-3.5-turbo",
        "claude-3-5-haiku-latest",
        "gemini-2.5-flash",
        "llama-3.1-70b",
        "mixtral-8x7b-instruct",
        "qwen3-30b-a3b",
        "gpt-oss-20b",
        "phi-4",
        "deepseek-chat",
        "my-model",
        "anthropic.claude-3-haiku-20240307-v1:0",
    ],
)
def test_capable_and_unknown_models_read_header_tables(model: str | None) -> None:
    assert not wants_labelled_cells(model)
