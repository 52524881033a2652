"""What kind of text is this."""

from __future__ import annotations

from headroom_langchain.results import ContentKind


def detect(text: str) -> ContentKind:
    """Tell the kind of a text from its first characters and a sample of its lines."""
    head = text.lstrip()[:1]
    return ContentKind.JSON if head in ("{", "[") else ContentKind.LOG
