"""How many tokens a tool result may take."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from headroom_langchain.config import ToolRule
from headroom_langchain.results import ContentKind

if TYPE_CHECKING:
    from headroom_langchain.config import HeadroomConfig, SelectionConfig, ToolCrusherConfig
    from headroom_langchain.results import CompressedText

_NO_RULE = ToolRule()
_PARSED = frozenset([ContentKind.JSON, ContentKind.JSONL, ContentKind.CSV])


def limit_of(
    config: HeadroomConfig, lossless: CompressedText, *, tool: str | None, model: str | None
) -> int | ToolCrusherConfig | str:
    """Settle what limits a tool result: fixed rules where they apply to the tool, else a budget.

    Args:
        config: All settings.
        lossless: The form of the result in which nothing is left out.
        tool: Name of the tool; None where it is not known.
        model: Name of the model that will read it, for its context window.

    Returns:
        The tokens that the result may take, fewer than its lossless form; or the fixed rules; or the reason why nothing
        is left out.
    """
    rule = rule_of(config.selection, tool)
    exempt = rule.lossless_only or stays_parseable(config.selection, lossless.kind, tool)
    if lossless.kind is not ContentKind.JSON or exempt:
        return budget_of(config, lossless, tool=tool, model=model)
    rules = _rules_of(config.tool_crusher, tool)
    if not rules.enabled:
        return budget_of(config, lossless, tool=tool, model=model)
    if lossless.tokens_after < rules.min_tokens_to_crush:
        return f"the lossless form is below {rules.min_tokens_to_crush} tokens"
    return rules


def _rules_of(rules: ToolCrusherConfig, tool: str | None) -> ToolCrusherConfig:
    if tool is None:
        return rules
    profile = rules.tool_profiles.get(tool)
    if profile is None:
        fitting = (own for pattern, own in rules.tool_profiles.items() if fnmatchcase(tool, pattern))
        profile = next(fitting, None)
    return rules if profile is None else rules.model_copy(update=profile.model_dump(exclude_none=True))


def budget_of(
    config: HeadroomConfig, lossless: CompressedText, *, tool: str | None, model: str | None
) -> int | str:
    """Settle the budget of a tool result.

    Args:
        config: All settings.
        lossless: The lossless form of the result.
        tool: Name of the tool; None where it is not known.
        model: Name of the model that will read it, for its context window.

    Returns:
        The tokens that the result may take, fewer than its lossless form; or the reason why nothing is left out.
    """
    selection = config.selection
    rule = rule_of(selection, tool)
    reason = _reason_to_keep_all(selection, rule, lossless, tool)
    if reason is not None:
        return reason
    budgets = [rule.budget_tokens if rule.budget_tokens is not None else selection.budget_tokens]
    ratio = rule.budget_ratio if rule.budget_ratio is not None else selection.budget_ratio
    budgets.append(None if ratio is None else int(ratio * lossless.tokens_before))
    window = config.get_context_limit(model) if model is not None else None
    if selection.budget_share is not None and window is not None:
        budgets.append(int(selection.budget_share * window))
    given = [budget for budget in budgets if budget is not None]
    if not given:
        return "no budget is set"
    if lossless.tokens_after <= min(given):
        return "the lossless form fits its budget"
    return min(given)


def _reason_to_keep_all(
    selection: SelectionConfig, rule: ToolRule, lossless: CompressedText, tool: str | None
) -> str | None:
    if not selection.enabled:
        return "selection is off"
    if rule.lossless_only:
        return f"results of {tool} are lossless only"
    if lossless.kind not in selection.kinds:
        return f"{lossless.kind} is never selected from: selection.kinds"
    if lossless.tokens_after < selection.min_tokens:
        return f"the lossless form is below {selection.min_tokens} tokens"
    return None


def rule_of(selection: SelectionConfig, tool: str | None) -> ToolRule:
    """Find the rule for a tool: the first whose pattern fits; without one a rule that changes nothing."""
    if tool is not None:
        for pattern, rule in selection.tools.items():
            if fnmatchcase(tool, pattern):
                return rule
    return _NO_RULE


def stays_parseable(selection: SelectionConfig, kind: ContentKind, tool: str | None) -> bool:
    """Whether a tool result must stay valid text of its kind."""
    return kind in _PARSED and (selection.schema_preserving or rule_of(selection, tool).schema_preserving)
