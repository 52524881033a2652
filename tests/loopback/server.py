"""What the loopback servers share: recording, errors on demand, plain and streamed answers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from email.message import Message


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """A JSON answer, or a stream of server-sent events."""

    payload: Any = None
    events: Sequence[tuple[str | None, Any]] | None = None
    """Name of each event, if it has one, and its data: a JSON value, or a string that is sent as it is."""
    status: int = 200


class LoopbackServer(ABC):
    """Answers on a free port of 127.0.0.1 until it is closed."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._failures: list[int] = []
        self._lock = Lock()
        # HTTP/1.0 closes each connection: with kept ones, clients of many event loops fail by themselves.
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    @property
    def last(self) -> Request:
        return self.requests[-1]

    def fail(self, *statuses: int) -> None:
        """Answer the next requests with these HTTP statuses, 200 meaning a good answer."""
        with self._lock:
            self._failures = list(statuses)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._failures.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """Answer a good request."""

    @abstractmethod
    def error(self, status: int) -> Reply:
        """Answer with an error in the provider's form."""

    def _handle(self, request: Request) -> Reply:
        with self._lock:
            self._requests.append(request)
            status = self._failures.pop(0) if self._failures else 200
        return self.answer(request) if status == 200 else self.error(status)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


def _handler(owner: LoopbackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            reply = owner._handle(Request(self.path, self.headers, body))
            self.send_response(reply.status)
            if reply.events is None:
                payload = json.dumps(reply.payload).encode()
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)
                return
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            try:
                for name, data in reply.events:
                    self.wfile.write(_event(name, data))
            except (BrokenPipeError, ConnectionResetError):
                # A client that stopped reading is part of some tests.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Stay quiet."""

    return Handler


def _event(name: str | None, data: Any) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return ((f"event: {name}\n" if name else "") + f"data: {text}\n\n").encode()


_SCALARS = {"integer": 3, "number": 3, "boolean": True, "null": None}


def sample(schema: dict[str, Any], words: Iterable[str] = ()) -> Any:
    """Make up a value for a JSON schema.

    Args:
        schema: The schema; references are looked up in its own definitions.
        words: Texts for string properties, in order; then ``"text"``.
    """
    given = iter(words)
    definitions = {**schema.get("$defs", {}), **schema.get("definitions", {})}

    def make(part: dict[str, Any]) -> Any:
        if "$ref" in part:
            return make(definitions[part["$ref"].rsplit("/", 1)[-1]])
        union = part.get("anyOf") or part.get("oneOf") or part.get("allOf")
        if union:
            return make(union[0])
        if "enum" in part:
            return part["enum"][0]
        kind = part.get("type")
        if kind == "object":
            return {name: make(inner) for name, inner in part.get("properties", {}).items()}
        if kind == "array":
            return [make(part.get("items", {"type": "string"}))]
        return _SCALARS[kind] if kind in _SCALARS else next(given, "text")

    return make(schema)


def pieces(text: str, size: int = 6) -> list[str]:
    """Cut a text as a provider's stream does."""
    return [text[start : start + size] for start in range(0, len(text), size)]
