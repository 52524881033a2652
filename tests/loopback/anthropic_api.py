"""A messages server."""

from __future__ import annotations

import json
from typing import Any

from tests.loopback.server import LoopbackServer, Reply, Request, pieces, sample


class AnthropicServer(LoopbackServer):
    """Speaks ``POST /v1/messages``, plain and streamed.

    A turn with tools that brings no tool result is answered by a call of the chosen or first tool, an output
    format by a value of its schema, everything else by a text.
    """

    text = "All three jobs failed at noon."

    def answer(self, request: Request) -> Reply:
        if request.path != "/v1/messages":
            return self.error(404)
        body = request.json
        block, reason = self._block(body)
        sent, received = len(request.body) // 4, len(json.dumps(block)) // 4
        usage = {"input_tokens": sent, "output_tokens": received, "cache_read_input_tokens": 3}
        base = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "stop_sequence": None,
        }
        if not body.get("stream"):
            return Reply({**base, "content": [block], "stop_reason": reason, "usage": usage})
        opening = {**base, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        deltas = (
            [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
            if block["type"] == "text"
            else [
                {"type": "input_json_delta", "partial_json": piece}
                for piece in pieces(json.dumps(block["input"]))
            ]
        )
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": opening},
            {"type": "content_block_start", "index": 0, "content_block": empty},
            *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": reason, "stop_sequence": None},
                "usage": {"output_tokens": received},
            },
            {"type": "message_stop"},
        ]
        return Reply(events=[(event["type"], event) for event in events])

    def error(self, status: int) -> Reply:
        return Reply(
            {"type": "error", "error": {"type": "on_demand", "message": f"status {status}"}}, status=status
        )

    def _block(self, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
        last = body["messages"][-1]["content"]
        answered = isinstance(last, list) and any(block.get("type") == "tool_result" for block in last)
        tools = {tool["name"]: tool for tool in body.get("tools", ())}
        choice = body.get("tool_choice") or {}
        forced = choice.get("type") in {"any", "tool"}
        if tools and (forced or not answered):
            name = choice.get("name", next(iter(tools)))
            given = sample(tools[name]["input_schema"])
            return {"type": "tool_use", "id": "toolu_1", "name": name, "input": given}, "tool_use"
        wanted = (body.get("output_config") or {}).get("format")
        if wanted:
            return {"type": "text", "text": json.dumps(sample(wanted["schema"]))}, "end_turn"
        return {"type": "text", "text": self.text}, "end_turn"
