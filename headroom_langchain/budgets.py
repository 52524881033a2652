"""How many tokens a tool result may take."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from headroom_langchain.config import ToolRule

if TYPE_CHECKING:
    from headroom_langchain.config import HeadroomConfig, SelectionConfig
    from headroom_langchain.results import CompressedText

_NO_RULE = ToolRule()


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
    rule = _rule_of(selection, tool)
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


def _rule_of(selection: SelectionConfig, tool: str | None) -> ToolRule:
    if tool is not None:
        for pattern, rule in selection.tools.items():
            if fnmatchcase(tool, pattern):
                return rule
    return _NO_RULE
