"""A chat completions server."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.loopback.server import LoopbackServer, Reply, Request, pieces, sample


class OpenAIServer(LoopbackServer):
    """Speaks ``POST /v1/chat/completions``, plain and streamed.

    A user's turn with tools is answered by a call of the chosen or first tool, a response format by a value of its
    schema, everything else by a text.
    """

    text = "All three jobs failed at noon."

    @property
    def base_url(self) -> str:
        return self.url + "/v1"

    def answer(self, request: Request) -> Reply:
        if not request.path.endswith("/chat/completions"):
            return self.error(404)
        body = request.json
        message = self._message(body)
        # About what a provider would count, so that a smaller request reports fewer tokens.
        sent, received = len(request.body) // 4, len(json.dumps(message)) // 4
        usage = {
            "prompt_tokens": sent,
            "completion_tokens": received,
            "total_tokens": sent + received,
            "prompt_tokens_details": {"cached_tokens": sent // 2},
        }
        base = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": body["model"]}
        reason = "tool_calls" if "tool_calls" in message else "stop"
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": reason}
            return Reply({**base, "object": "chat.completion", "choices": [choice], "usage": usage})
        deltas = [{"role": "assistant", "content": ""}, *_deltas(message), {}]
        chunks = [
            {
                **base,
                "object": "chat.completion.chunk",
                "choices": [
                    {"index": 0, "delta": delta, "finish_reason": None if delta else reason},
                ],
            }
            for delta in deltas
        ]
        if (body.get("stream_options") or {}).get("include_usage"):
            chunks.append({**base, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        return Reply(events=[*((None, chunk) for chunk in chunks), (None, "[DONE]")])

    def error(self, status: int) -> Reply:
        error = {
            "message": f"status {status} on demand",
            "type": "on_demand",
            "param": None,
            "code": str(status),
        }
        return Reply({"error": error}, status=status)

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        last = body["messages"][-1]
        tools = {tool["function"]["name"]: tool["function"] for tool in body.get("tools", ())}
        choice = body.get("tool_choice")
        forced = isinstance(choice, dict) or choice == "required"
        if tools and choice != "none" and (forced or last["role"] == "user"):
            name = choice["function"]["name"] if isinstance(choice, dict) else next(iter(tools))
            words = re.findall(r"'([^']+)'", json.dumps(last.get("content"), ensure_ascii=False))
            arguments = sample(tools[name].get("parameters", {"type": "object"}), words)
            call = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
            calls = [{"id": "call_1", "type": "function", "function": call}]
            return {"role": "assistant", "content": None, "tool_calls": calls}
        wanted = body.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            return {"role": "assistant", "content": json.dumps(sample(wanted["json_schema"]["schema"]))}
        if wanted.get("type") == "json_object":
            return {"role": "assistant", "content": json.dumps({"setup": "Why?", "punchline": "Because."})}
        return {"role": "assistant", "content": self.text}


def _deltas(message: dict[str, Any]) -> list[dict[str, Any]]:
    if "tool_calls" not in message:
        return [{"content": piece} for piece in pieces(message["content"])]
    call = message["tool_calls"][0]
    opening = {**call, "index": 0, "function": {"name": call["function"]["name"], "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": piece}} for piece in pieces(call["function"]["arguments"])]
    return [{"tool_calls": [delta]} for delta in (opening, *rest)]
