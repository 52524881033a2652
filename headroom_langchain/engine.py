"""Messages in, messages out: the one decision path that every adapter drives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from sys import getsizeof
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from headroom_langchain.budgets import limit_of, stays_parseable
from headroom_langchain.config import HeadroomConfig, HeadroomMode, ToolCrusherConfig
from headroom_langchain.content import plain_texts, walk_content
from headroom_langchain.exceptions import CompressionError, StorageError, TransformError
from headroom_langchain.memo import Memo, text_key
from headroom_langchain.passes import ENTRY_BYTES, Flow, Put, RememberingCounter, Run
from headroom_langchain.prefix import prefix_metrics, request_hash
from headroom_langchain.results import (
    CompressedText,
    DiffArtifact,
    Loss,
    MessageDecision,
    TransformDiff,
    TransformResult,
)
from headroom_langchain.tokens import MessageCounter, counter_for, wants_labelled_cells
from headroom_langchain.transforms.marker import read_header
from headroom_langchain.transforms.pipeline import TextCompressor

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from headroom_langchain.originals import Originals
    from headroom_langchain.tokens import TokenCounter
    from headroom_langchain.transforms.select.llmlingua import TextShortener
    from headroom_langchain.transforms.select.selector import Selector

REPEAT: Final = "repeat"
"""Form of a result that stands in earlier ones."""
RETRIEVE_TOOL: Final = "headroom_retrieve"
"""Name of the tool that fetches what was left out; its own results are never compressed."""

_FORM_BYTES: Final = 32 * 2**20
_COUNT_BYTES: Final = 4 * 2**20
# Below this many new characters the work takes a few milliseconds, less than a hop to a thread is worth.
_LOOP_CHARACTERS: Final = 32_000


class Engine:
    """Compresses messages, each by what stands before it and by the settings alone.

    The form of a message never depends on what follows it, so a growing conversation keeps its prefix and the
    provider's prompt cache. An engine remembers the forms of recent texts (at most 40 MiB), so that a turn costs
    only its new messages; this never changes a result. It may be shared by threads and tasks.

    Args:
        config: The settings; None takes the defaults.
        model: Name of the model that will read the messages, for its tokenizer; None counts with ``o200k_base``.
        counter: A counter to use in place of the model's own.
        originals: Where the originals of selected results are kept. Without it nothing is ever left out; give it
            only where the model can fetch from it.
        embeddings: Embeddings for relevance by meaning, where the settings ask for it.
        prose_compressor: Shortens prose and Markdown that is above its budget, in place of selecting sentences, such
            as an ``LLMLinguaCompressor``; without effect on kinds that ``selection.kinds`` does not name.

    Raises:
        ConfigurationError: The settings are no settings.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> result = Engine().compress([HumanMessage("How many jobs failed?")])
        >>> result.decisions[0].reason
        'human text is left alone: compress_human is off'
    """

    def __init__(
        self,
        config: HeadroomConfig | None = None,
        *,
        model: str | None = None,
        counter: TokenCounter | None = None,
        originals: Originals | None = None,
        embeddings: Embeddings | None = None,
        prose_compressor: TextShortener | None = None,
    ) -> None:
        self.config = HeadroomConfig() if config is None else HeadroomConfig.model_validate(config)
        self.model = model
        self._given_counter = counter
        self.counter: TokenCounter = counter_for(model) if counter is None else counter
        style = self.config.lossless.cell_style
        labelled = style == "labelled" or (style == "auto" and wants_labelled_cells(model))
        self._compressor = TextCompressor(self.config.lossless, self.counter, labelled=labelled)
        self.originals = originals
        self._embeddings = embeddings
        self._prose_compressor = prose_compressor
        self._selector = None if originals is None else self._make_selector()
        self._forms: Memo[CompressedText] = Memo(_FORM_BYTES)
        self._repeats: Memo[CompressedText] = Memo(_COUNT_BYTES)
        self._counts: Memo[int] = Memo(_COUNT_BYTES)
        # The counts of compressed texts are known before their message is counted, so the memory is the engine's.
        self._messages = MessageCounter(RememberingCounter(self.counter, self._counts), max_entries=0)

    def _make_selector(self) -> Selector:
        from headroom_langchain.transforms.relevance import scorer_for  # noqa: PLC0415 - numpy is loaded on need
        from headroom_langchain.transforms.select.selector import Selector  # noqa: PLC0415

        scorer = scorer_for(self.config.relevance, self._embeddings)
        facts_tokens = self.config.selection.facts_tokens
        return Selector(self._compressor, scorer, facts_tokens, self._prose_compressor)

    def compress(
        self, messages: Sequence[BaseMessage], *, thread: str = "", user: str | None = None
    ) -> TransformResult:
        """Compress messages.

        Args:
            messages: A conversation, oldest message first. It is not changed.
            thread: The conversation that stored originals belong to.
            user: The user that stored originals belong to.

        Returns:
            As many messages in the same order: the same objects where nothing was compressed, copies with new
            content where it was; with a decision and a reason for each.

        Raises:
            TransformError: The input is not a sequence of messages.
        """
        return self._finish(self._flow(messages, thread, user))

    async def acompress(
        self, messages: Sequence[BaseMessage], *, thread: str = "", user: str | None = None
    ) -> TransformResult:
        """Compress messages without blocking the event loop: long new texts are worked on in a thread.

        Args:
            messages: A conversation, oldest message first. It is not changed.
            thread: The conversation that stored originals belong to.
            user: The user that stored originals belong to.

        Returns:
            The same as :meth:`compress`.

        Raises:
            TransformError: The input is not a sequence of messages.
        """
        flow = self._flow(messages, thread, user)
        ahead = 0
        answer: str | None = None
        step: int | Put | TransformResult
        while True:
            try:
                if ahead > _LOOP_CHARACTERS:
                    step = await asyncio.to_thread(_next_put, flow, answer)
                else:
                    step = flow.send(answer)
            except StopIteration as done:
                return cast("TransformResult", done.value)
            if isinstance(step, TransformResult):
                return step
            answer = None
            if isinstance(step, Put):
                answer = await self._astore(step)
            else:
                ahead += step

    def _finish(self, flow: Flow) -> TransformResult:
        step = _next_put(flow, None)
        while isinstance(step, Put):
            step = _next_put(flow, self._store(step))
        return step

    def _store(self, put: Put) -> str | None:
        if self.originals is None:
            return None
        try:
            return self.originals.put(put.text, thread=put.thread, user=put.user, tool=put.tool)
        except StorageError:
            return None

    async def _astore(self, put: Put) -> str | None:
        if self.originals is None:
            return None
        try:
            return await self.originals.aput(put.text, thread=put.thread, user=put.user, tool=put.tool)
        except StorageError:
            return None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy the settings, not what is remembered."""
        parts = (self._given_counter, self.originals, self._embeddings, self._prose_compressor)
        return _rebuild, (self.config, self.model, *parts)

    def _flow(self, messages: Sequence[BaseMessage], thread: str, user: str | None) -> Flow:
        """Decide message by message."""
        _require_messages(messages)
        run = Run(thread=thread, user=user, estimated=not self.counter.exact)
        sent = []
        for message in messages:
            sent.append((yield from self._message(message, run)))  # noqa: PERF401 - no yield in comprehensions
        before = sum(decision.tokens_before for decision in run.decisions)
        after = sum(decision.tokens_after for decision in run.decisions)
        headers = ((form.text, read_header(form.text)) for _, form in run.forms)
        return TransformResult(
            messages=sent,
            tokens_before=before,
            tokens_after=after,
            estimated=run.estimated,
            transforms_applied=tuple(dict.fromkeys(form.form for _, form in run.forms)),
            markers_inserted=tuple(text[: found[2]].rstrip("\n") for text, found in headers if found),
            warnings=tuple(run.warnings),
            decisions=tuple(run.decisions),
            diff_artifact=_diff(messages, before, after, run.forms)
            if self.config.generate_diff_artifact
            else None,
        )

    def _message(self, message: BaseMessage, run: Run) -> Generator[int | Put, str | None, BaseMessage]:
        index = len(run.decisions)
        try:
            sent, forms, decision = yield from self._decide(index, message, run)
        except Exception as error:  # noqa: BLE001 - fail open: what cannot be worked on is sent as it was
            reason = f"left as it was: {type(error).__name__}: {str(error)[:200]}"
            run.warnings.append(f"message {index}: {reason}")
            run.estimated = True
            # The model's counter may be what failed, so the count is a rough one.
            tokens = sum(len(text) for text in plain_texts(message.content)) // 4
            run.decisions.append(
                MessageDecision(index, None, "original", Loss.UNCHANGED, tokens, tokens, reason)
            )
            return message
        run.decisions.append(decision)
        run.warnings += (f"message {index}: {warning}" for form in forms for warning in form.warnings)
        run.forms += ((index, form) for form in forms if form.loss is not Loss.UNCHANGED)
        return sent

    def _decide(
        self, index: int, message: BaseMessage, run: Run
    ) -> Generator[int | Put, str | None, tuple[BaseMessage, list[CompressedText], MessageDecision]]:
        calls = run.calls
        for identity, name, arguments in _tool_calls(message):
            calls[identity] = name
            run.arguments[identity] = arguments
        reason = self._reason_to_leave(message, calls)
        results = isinstance(message, HumanMessage) or reason is None
        notes = [] if reason is None else [reason]
        forms: list[CompressedText] = []
        content: Any = message.content
        if results:
            walk = walk_content(
                content,
                texts=reason is None,
                excluded=lambda call: self._excluded([calls.get(call or "")]),
                notes=notes,
            )
            try:
                text = next(walk)
                while True:
                    form = yield from self._form(text, run.key(text))
                    if isinstance(message, ToolMessage):
                        form = yield from self._tool_result(text, form, message, run)
                    forms.append(form)
                    text = walk.send(form)
            except StopIteration as done:
                content = done.value
        for text in plain_texts(message.content):
            if self._counts.get(run.key(text)) is None:
                yield len(text)
        before = self._messages.count_message(message)
        saved = sum(form.tokens_saved for form in forms)
        used = [form for form in forms if form.loss is not Loss.UNCHANGED]
        if isinstance(message, HumanMessage) and message.text:
            run.asked = message.text
        decision = MessageDecision(
            index=index,
            kind=max(forms, key=lambda form: form.tokens_before).kind if forms else None,
            form="+".join(dict.fromkeys(form.form for form in used)) or "original",
            loss=_heaviest(used),
            tokens_before=before,
            tokens_after=before - saved,
            reason="; ".join(dict.fromkeys([*(form.reason for form in forms), *notes])) or "no text",
            omissions=tuple(form.omission for form in used if form.omission is not None),
        )
        sent = message if content is message.content else message.model_copy(update={"content": content})
        return sent, forms, decision

    def _tool_result(
        self, text: str, lossless: CompressedText, message: ToolMessage, run: Run
    ) -> Generator[int | Put, str | None, CompressedText]:
        """Point to where a result stands already, or leave out what the budget has no room for."""
        tool = message.name or run.calls.get(message.tool_call_id)
        if stays_parseable(self.config.selection, lossless.kind, tool):
            as_it_was = replace(
                lossless,
                text=text,
                form="original",
                loss=Loss.UNCHANGED,
                tokens_after=lossless.tokens_before,
                reason="stays parseable: schema_preserving",
            )
            if self._selector is None:
                return as_it_was
            return (yield from self._select(self._selector, text, as_it_was, message, run, parseable=True))
        repeats = self.config.lossless.enabled and self.config.lossless.repeats
        if repeats and lossless.tokens_before >= self.config.lossless.min_tokens:
            repeat = self._repeat(text, lossless, message, run)
            if repeat is not None:
                return repeat
        form = lossless
        if self._selector is not None:
            form = yield from self._select(self._selector, text, lossless, message, run)
        if repeats and form.loss is not Loss.SELECTED:
            run.see(message.tool_call_id, text, sent=form.text)
        return form

    def _repeat(
        self, text: str, lossless: CompressedText, message: ToolMessage, run: Run
    ) -> CompressedText | None:
        """The form of a result that stands in earlier ones, where that is smaller than its lossless form."""
        name = message.tool_call_id
        key = text_key(f"{run.trail}\0{name}\0{run.key(text).hex()}")
        known = self._repeats.get(key)
        if known is None:
            known = lossless
            try:
                written = run.seen.repeat_of(text, self._messages.counter.count, name=name)
            except CompressionError as error:
                run.warnings.append(f"repeat of an earlier result: {error}")
                written = None
            if written is not None:
                tokens = self._messages.counter.count(written)
                if tokens < lossless.tokens_after:
                    known = replace(
                        lossless,
                        text=written,
                        form=REPEAT,
                        loss=Loss.LOSSLESS,
                        tokens_after=tokens,
                        reason="stands in an earlier result",
                    )
            kept = known if known.form == REPEAT else replace(known, text="")
            self._repeats.put(key, kept, ENTRY_BYTES + getsizeof(kept.text))
        return known if known.form == REPEAT else None

    def _select(
        self,
        selector: Selector,
        text: str,
        form: CompressedText,
        message: ToolMessage,
        run: Run,
        *,
        parseable: bool = False,
    ) -> Generator[int | Put, str | None, CompressedText]:
        """Leave out what the budget has no room for; the original is stored first."""
        tool = message.name or run.calls.get(message.tool_call_id)
        if message.status == "error":
            return form
        limit = limit_of(self.config, form, tool=tool, model=self.model)
        if isinstance(limit, str):
            return form
        ref = yield Put(text, tool, run.thread, run.user)
        if ref is None:
            warning = "the original could not be stored, so nothing was left out"
            return replace(form, warnings=(*form.warnings, warning))
        query = f"{run.asked}\n{run.arguments.get(message.tool_call_id, '')}"
        key = text_key(f"{ref}\0{limit!r}\0{parseable}\0{query}\0{run.key(text).hex()}")
        known = self._forms.get(key)
        if known is not None:
            return known
        yield len(text)
        if isinstance(limit, ToolCrusherConfig):
            selected = selector.crush(text, form, query=query, rules=limit, ref=ref)
        else:
            selected = selector.select(text, form, query=query, budget=limit, ref=ref, parseable=parseable)
        if selected is None:
            return form
        self._forms.put(key, selected, ENTRY_BYTES + getsizeof(selected.text))
        return selected

    def _form(self, text: str, key: bytes) -> Generator[int, str | None, CompressedText]:
        known = self._forms.get(key)
        if known is None:
            yield len(text)
            form = self._compressor.compress(text, tokens=self._counts.get(key))
            # An unchanged text is remembered without the text itself.
            kept = replace(form, text="") if form.loss is Loss.UNCHANGED else form
            self._forms.put(key, kept, ENTRY_BYTES + getsizeof(kept.text))
            self._counts.put(key, form.tokens_before, ENTRY_BYTES)
            return form
        return replace(known, text=text) if known.loss is Loss.UNCHANGED else known

    def _reason_to_leave(self, message: BaseMessage, calls: dict[str, str]) -> str | None:
        match message:
            case ToolMessage():
                return self._excluded([message.name, calls.get(message.tool_call_id)])
            case FunctionMessage():
                return self._excluded([message.name])
            case SystemMessage():
                return (
                    None
                    if self.config.compress_system
                    else "system text is left alone: compress_system is off"
                )
            case HumanMessage():
                return (
                    None if self.config.compress_human else "human text is left alone: compress_human is off"
                )
            case AIMessage():
                return None if self.config.compress_ai else "AI text is left alone: compress_ai is off"
            case _:
                return f"messages of class {type(message).__name__} are left alone"

    def _excluded(self, names: list[str | None]) -> str | None:
        for name in filter(None, names):
            if name == RETRIEVE_TOOL:
                return f"results of {RETRIEVE_TOOL} are never compressed again"
            for pattern in self.config.exclude_tools:
                if fnmatchcase(name, pattern):
                    return f"results of {name} are excluded by exclude_tools: {pattern}"
        return None


def optimize_messages(
    messages: Sequence[BaseMessage],
    *,
    model: str | None = None,
    config: HeadroomConfig | None = None,
    mode: HeadroomMode | str | None = None,
    counter: TokenCounter | None = None,
    previous: TransformResult | None = None,
) -> TransformResult:
    """Compress a conversation once.

    Keep an :class:`Engine` instead where a conversation is compressed turn by turn.

    Args:
        messages: A conversation, oldest message first. It is not changed.
        model: Name of the model that will read it, for its tokenizer; None counts with ``o200k_base``.
        config: The settings; None takes the defaults.
        mode: ``audit`` and ``simulate`` give the messages back unchanged and report what could be saved; None
            takes ``config.default_mode``.
        counter: A counter to use in place of the model's own.
        previous: Result of the request before in this conversation, to fill ``cache_metrics``.

    Returns:
        The messages to send and what was decided for each.

    Raises:
        ConfigurationError: A setting or the mode does not exist.
        TransformError: The input is not a sequence of messages.

    Example:
        >>> from langchain_core.messages import ToolMessage
        >>> rows = "[" + ", ".join(f'{{"id": {i}, "state": "ready"}}' for i in range(40)) + "]"
        >>> result = optimize_messages([ToolMessage(rows, tool_call_id="1")], mode="audit")
        >>> result.messages[0].content == rows
        True
    """
    engine = Engine(config, model=model, counter=counter)
    settled = engine.config.mode(mode)
    result = for_mode(engine.compress(messages), messages, settled)
    return result if previous is None else replace(result, cache_metrics=prefix_metrics(previous, result))


def for_mode(result: TransformResult, messages: Sequence[BaseMessage], mode: HeadroomMode) -> TransformResult:
    """Make a result fit a mode.

    Args:
        result: What the engine made of the messages.
        messages: The messages that the engine was given.
        mode: The mode of the call.

    Returns:
        The result itself in ``optimize``; else the same report with the messages that were given.
    """
    return (
        result if mode is HeadroomMode.OPTIMIZE else replace(result, messages=list(messages), applied=False)
    )


def _require_messages(messages: object) -> None:
    if not isinstance(messages, Sequence) or isinstance(messages, str | bytes):
        raise TransformError("messages must be a sequence of messages", {"given": type(messages).__name__})
    for index, message in enumerate(messages):
        if not isinstance(message, BaseMessage):
            raise TransformError(
                "messages must be LangChain messages", {"index": index, "given": type(message).__name__}
            )


def _tool_calls(message: BaseMessage) -> Generator[tuple[str, str, str]]:
    """Id, name and arguments of the tool calls of a message."""
    if not isinstance(message, AIMessage):
        return
    blocks = message.content if isinstance(message.content, list) else []
    used = [block for block in blocks if isinstance(block, dict) and block.get("type") == "tool_use"]
    for call in (*used, *message.invalid_tool_calls, *message.tool_calls):
        identity, name = call.get("id"), call.get("name")
        if isinstance(identity, str) and isinstance(name, str):
            yield (
                identity,
                name,
                json.dumps(call.get("args", call.get("input")), ensure_ascii=False, default=str),
            )


def _heaviest(used: list[CompressedText]) -> Loss:
    """The loss of a message: that of its text that lost most."""
    if any(form.loss is Loss.SELECTED for form in used):
        return Loss.SELECTED
    return Loss.LOSSLESS if used else Loss.UNCHANGED


def _diff(
    messages: Sequence[BaseMessage], before: int, after: int, forms: list[tuple[int, CompressedText]]
) -> DiffArtifact:
    diffs = []
    for name in dict.fromkeys(form.form for _, form in forms):
        mine = [(index, form) for index, form in forms if form.form == name]
        old, new = sum(form.tokens_before for _, form in mine), sum(form.tokens_after for _, form in mine)
        where = ", ".join(str(index) for index in dict.fromkeys(index for index, _ in mine))
        diffs.append(TransformDiff(name, old, new, old - new, 0, len(mine), f"messages {where}"))
    return DiffArtifact(request_hash(messages), before, after, before - after, tuple(diffs))


def _next_put(flow: Flow, answer: str | None) -> Put | TransformResult:
    """Drive a pass on to the next original it wants stored, or to its end."""
    try:
        step = flow.send(answer)
        while not isinstance(step, Put):
            step = flow.send(None)
    except StopIteration as done:
        return cast("TransformResult", done.value)
    else:
        return step


def _rebuild(
    config: HeadroomConfig,
    model: str | None,
    counter: TokenCounter | None,
    originals: Originals | None,
    embeddings: Embeddings | None,
    prose_compressor: TextShortener | None,
) -> Engine:
    return Engine(
        config,
        model=model,
        counter=counter,
        originals=originals,
        embeddings=embeddings,
        prose_compressor=prose_compressor,
    )
