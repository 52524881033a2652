"""Names for the columns of a listing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headroom_langchain.transforms.encode.layout import Row


_NO_NAME = re.compile(r"[{}:/=|\\\s]")
_LONGEST_NAME = 16
_BY_VALUE = (
    ("mode", re.compile(r"[-dlcbpsD][-rwxsStTlL]{9}[.+@]?")),
    ("month", re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")),
    ("date", re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d")),
    ("time", re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?")),
    ("ip", re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?")),
    ("path", re.compile(r"[\w.@+~-]*(?:/[\w.@+~-]*)+")),
    ("hash", re.compile(r"(?=.*[a-f])[0-9a-f]{7,}")),
    ("n", re.compile(r"\d+")),
    ("size", re.compile(r"\d[\d.,]*[KMGTPkmgtp]?i?B?")),
)
_FILE_COLUMNS = ("mode", "links", "owner", "group", "size", "month", "day", "time", "name")


def name_columns(heads: list[str], sample: list[str] | Row, *, spaced: bool = False) -> list[str]:
    """Name columns, no two the same.

    Args:
        heads: Cells of a heading; empty or odd ones are replaced.
        sample: Cells of a row.
        spaced: Whether any name may hold blanks, not only the last one.
    """
    values = [*sample, *[""] * (len(heads) - len(sample))]
    if len(heads) == len(_FILE_COLUMNS) and not any(heads) and _BY_VALUE[0][1].fullmatch(values[0]):
        return list(_FILE_COLUMNS)
    names: list[str] = []
    for position, (head, value) in enumerate(zip(heads, values, strict=True)):
        last = position == len(heads) - 1
        name = head.partition("  ")[0]
        if not name or _NO_NAME.search(name.replace(" ", "") if last or spaced else name):
            name = _NO_NAME.sub("_", name).strip("_")[:_LONGEST_NAME] or next(
                (kind for kind, pattern in _BY_VALUE if pattern.fullmatch(value)),
                "text" if last else chr(97 + position % 26),
            )
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name}{number}", number + 1
        names.append(unique)
    return names
