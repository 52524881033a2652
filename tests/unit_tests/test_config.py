"""Every setting acts, wrong ones are refused when they are given, and settings survive every kind of copy."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from headroom_langchain import (
    ConfigurationError,
    Engine,
    HeadroomConfig,
    HeadroomMode,
    HeadroomRunnable,
    LosslessConfig,
    optimize_messages,
)
from headroom_langchain.config import RelevanceScorerConfig, ToolCrusherConfig
from headroom_langchain.engine import for_mode
from headroom_langchain.originals import Originals

if TYPE_CHECKING:
    from headroom_langchain.results import TransformResult


# 40 rows with a shared prefix that no template may split outside of the dense form.
def rows(count: int) -> str:
    return json.dumps(
        [
            {
                "id": row,
                "key": f"arn:aws:lambda:eu-central-1:4711:function:{row * 48271 % 99991}",
                "state": "ready",
                "n": row * row,
            }
            for row in range(count)
        ]
    )


NOTES = "\n".join(f"def step_{n}(x: int) -> int:\n    return x * {n}" for n in range(40))
CONVERSATION: list[BaseMessage] = [
    SystemMessage(rows(40)),
    HumanMessage(rows(40)),
    AIMessage(rows(40), tool_calls=[{"name": "list_jobs", "args": {}, "id": "1"}]),
    ToolMessage(rows(400), tool_call_id="1"),
    ToolMessage(NOTES, tool_call_id="2"),
    ToolMessage(NOTES, tool_call_id="3"),
]
# Settings under which every other one has something to change.
BASE: dict[str, Any] = {
    "selection": {"budget_tokens": 1500, "budget_share": 0.05},
    "model_context_limits": {"gpt": 20_000},
}

# A value unlike the default for every setting; the test below refuses settings that are missing here.
OTHER_VALUES: dict[str, Any] = {
    "default_mode": "audit",
    "lossless.enabled": False,
    "lossless.dense": True,
    "lossless.cell_style": "labelled",
    "lossless.min_tokens": 10**6,
    "lossless.repeats": False,
    "compress_system": True,
    "compress_human": True,
    "compress_ai": True,
    "selection.enabled": False,
    "selection.budget_tokens": 700,
    "selection.budget_share": 0.02,
    "selection.budget_ratio": 0.02,
    "selection.min_tokens": 10**6,
    "selection.facts_tokens": 0,
    "selection.kinds": ("log",),
    "selection.tools": {"list_*": {"budget_tokens": 500}},
    "selection.schema_preserving": True,
    "model_context_limits": {"gpt": 10_000},
    "exclude_tools": ("list_*",),
    "generate_diff_artifact": True,
}
# What these change is shown where relevance is scored and where fixed rules are tried.
TRIED_ELSEWHERE = {
    *(f"relevance.{name}" for name in RelevanceScorerConfig.model_fields),
    *(f"tool_crusher.{name}" for name in ToolCrusherConfig.model_fields),
}


def leaves(settings: type[BaseModel], before: str = "") -> list[str]:
    names = []
    for name, info in settings.model_fields.items():
        kind = info.annotation
        nested = isinstance(kind, type) and issubclass(kind, BaseModel)
        names += leaves(kind, f"{before}{name}.") if nested else [before + name]  # type: ignore[arg-type]
    return names


def with_setting(name: str, value: Any) -> HeadroomConfig:
    first, _, second = name.partition(".")
    changed = {**BASE.get(first, {}), second: value} if second else value
    return HeadroomConfig.model_validate({**BASE, first: changed})


def compressed(config: HeadroomConfig) -> TransformResult:
    return Engine(config, model="gpt-4o", originals=Originals()).compress(CONVERSATION)


def test_every_setting_is_tried_below() -> None:
    assert [name for name in leaves(HeadroomConfig) if name not in TRIED_ELSEWHERE] == list(OTHER_VALUES)


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_changing_a_setting_changes_an_output(name: str) -> None:
    other = with_setting(name, OTHER_VALUES[name])
    result = compressed(other)
    expected = compressed(HeadroomConfig.model_validate(BASE))
    if name == "default_mode":
        result = for_mode(result, CONVERSATION, other.default_mode)
    assert result != expected


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"lossless": {"min_tokens": -1}},
            ["LosslessConfig.min_tokens", "greater than or equal to 0", "given=-1"],
        ),
        ({"lossless": {"min_tokens": True}}, ["LosslessConfig.min_tokens", "integer", "given=True"]),
        ({"lossless": {"min_tokens": 1.5}}, ["LosslessConfig.min_tokens", "integer"]),
        (
            {"lossless": {"cell_style": "wide"}},
            ["LosslessConfig.cell_style", "'header'", "'labelled'", "given='wide'"],
        ),
        ({"lossless": {"enabled": "no"}}, ["LosslessConfig.enabled", "boolean", "given='no'"]),
        (
            {"lossless": {"danse": True}},
            ["LosslessConfig.danse", "known=enabled, dense, cell_style, min_tokens, repeats"],
        ),
        ({"lossless": None}, ["LosslessConfig", "given=None"]),
        ({"default_mode": "OPTIMISE"}, ["HeadroomConfig.default_mode", "'audit', 'optimize' or 'simulate'"]),
        ({"exclude_tools": "read_*"}, ["HeadroomConfig.exclude_tools", "tuple", "given='read_*'"]),
        ({"exclude_tools": ("",)}, ["HeadroomConfig.exclude_tools.0", "at least 1 character"]),
        ({"exclude_tools": (3,)}, ["HeadroomConfig.exclude_tools.0", "string", "given=3"]),
        ({"compress_ai": 1}, ["HeadroomConfig.compress_ai", "boolean"]),
        (
            {"smart_crusher": {}},
            ["HeadroomConfig.smart_crusher is no setting", "known=default_mode, lossless,"],
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name_value_and_range(
    given: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        HeadroomConfig(**given)
    assert [part for part in told if part not in str(refused.value)] == []
    with pytest.raises(ConfigurationError) as refused_too:
        HeadroomConfig.model_validate(given)
    assert str(refused_too.value) == str(refused.value)


def test_a_huge_wrong_value_is_not_repeated_in_full() -> None:
    with pytest.raises(ConfigurationError) as refused:
        HeadroomConfig.model_validate({"lossless": {"cell_style": "x" * 10**6}})
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("mode", ["", "Audit", "off", 3])
def test_an_unknown_mode_is_refused_wherever_it_is_given(mode: Any) -> None:
    with pytest.raises(ConfigurationError, match="known=audit, optimize, simulate"):
        optimize_messages([], mode=mode)
    with pytest.raises(ConfigurationError, match="known=audit, optimize, simulate"):
        HeadroomRunnable(mode=mode)
    with pytest.raises(ConfigurationError, match=r"HeadroomConfig\.default_mode"):
        HeadroomConfig.model_validate({"default_mode": mode})


def test_an_engine_refuses_what_are_no_settings() -> None:
    with pytest.raises(ConfigurationError, match="HeadroomConfig"):
        Engine("dense")  # type: ignore[arg-type]


def test_a_call_without_a_mode_takes_the_default_mode() -> None:
    assert HeadroomConfig().mode(None) is HeadroomMode.OPTIMIZE
    assert HeadroomConfig(default_mode=HeadroomMode.AUDIT).mode(None) is HeadroomMode.AUDIT
    assert HeadroomConfig().mode("simulate") is HeadroomMode.SIMULATE


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_settings_survive_copies_pickles_and_json(name: str) -> None:
    config = with_setting(name, OTHER_VALUES[name])
    pickled = pickle.loads(pickle.dumps(config))  # noqa: S301 - our own bytes
    assert config != HeadroomConfig()
    assert pickled == copy.deepcopy(config) == copy.copy(config) == config.model_copy() == config
    assert HeadroomConfig.model_validate(config.model_dump()) == config
    assert HeadroomConfig.model_validate(config.model_dump(mode="json")) == config
    assert HeadroomConfig.model_validate_json(config.model_dump_json()) == config
    assert hash(pickled) == hash(config)


def test_a_changed_copy_is_validated_and_keeps_the_rest() -> None:
    config = HeadroomConfig(compress_ai=True)
    changed = config.model_copy(update={"lossless": {"min_tokens": 5}})
    assert (changed.compress_ai, changed.lossless.min_tokens) == (True, 5)
    assert changed.model_fields_set == {"compress_ai", "lossless"}
    with pytest.raises(ConfigurationError, match="compress_ai"):
        config.model_copy(update={"compress_ai": "no"})
    with pytest.raises(ConfigurationError, match="is no setting"):
        config.model_copy(update={"compress_al": True})


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LosslessConfig().min_tokens = 5  # type: ignore[misc]


def test_every_setting_documents_itself() -> None:
    for settings in (HeadroomConfig, LosslessConfig):
        assert [name for name, info in settings.model_fields.items() if not info.description] == []
