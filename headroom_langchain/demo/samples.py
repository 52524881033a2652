"""The tool outputs that ship with the package, and the conversations they occur in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage


@dataclass(frozen=True, slots=True)
class Sample:
    """One real tool output and the conversation an agent would send it in."""

    title: str
    """What a reader sees: the kind of data and its origin."""
    filename: str
    """File in ``demo/data``; ``SOURCES.md`` there names its source and licence."""
    question: str
    """What the human asked."""
    tool: str
    """Tool that the model called."""
    arguments: dict[str, str]
    """What the tool was called with."""

    def text(self) -> str:
        """Read the tool's output.

        Returns:
            The file's text, line ends untouched.
        """
        return (files(__package__) / "data" / self.filename).read_bytes().decode("utf-8")

    def conversation(self) -> list[BaseMessage]:
        """Build the messages that an agent sends once the tool has answered.

        Returns:
            Human question, AI tool call, tool result.
        """
        call = {"name": self.tool, "args": self.arguments, "id": "call_1", "type": "tool_call"}
        return [
            HumanMessage(self.question),
            AIMessage("", tool_calls=[call]),
            ToolMessage(self.text(), tool_call_id="call_1", name=self.tool),
        ]


SAMPLES = (
    Sample(
        title="JSON: GitHub's list of open issues",
        filename="github_issues.json",
        question="Which open issues of betamax are about bytes and text, and who opened them?",
        tool="list_issues",
        arguments={"owner": "betamaxpy", "repo": "betamax", "direction": "asc"},
    ),
    Sample(
        title="log: a PostgreSQL server, start to stop",
        filename="postgresql.log",
        question="Were there deadlocks, and which statements took part in them?",
        tool="read_log",
        arguments={"path": "/var/log/postgresql/postgresql.log"},
    ),
    Sample(
        title="search: grep over the source of httpx",
        filename="httpx_grep.txt",
        question="Which functions build a request before it is sent?",
        tool="grep",
        arguments={"pattern": "request", "path": "httpx"},
    ),
)
