"""The one grammar for what this package writes into a text.

Every compressed form begins with a header line ``[headroom:FORM ...]``; the words behind the form's name tell a
reader how to read it and may be anything without a closing bracket.
"""

from __future__ import annotations

import re

OMITTED = "omitted"
"""Form of a text of which something was left out: the marker, facts about the whole, then what was kept."""
END_OF_FACTS = "--"

_HEADER = re.compile(r"\[headroom:([a-z]+)(?: ([^\]\n]*))?\]\n")


def header(form: str, note: str = "") -> str:
    """Write a form's header line, newline included.

    Args:
        form: Name of the form, lower-case letters.
        note: How to read the form; no closing bracket, no newline.

    Returns:
        The line that :func:`read_header` reads.
    """
    return f"[headroom:{form}{' ' + note if note else ''}]\n"


def read_header(text: str) -> tuple[str, str, int] | None:
    """Read the header line of a form.

    Args:
        text: Any text.

    Returns:
        Name of the form, its note and the position behind the header; None where the text is no form of ours.
    """
    found = _HEADER.match(text)
    return None if found is None else (found[1], found[2] or "", found.end())
