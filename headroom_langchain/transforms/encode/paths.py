"""Directories of paths as headings above the names."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BARE: Final = "\0"
"""Stands for a path without a directory below a heading: it has to be written otherwise."""

_SPECIAL = ("\\", "[headroom:")


def hoist(paths: list[str], *, empty_names: bool) -> tuple[list[str], dict[int, str]] | None:
    """Take directories that several paths in a row share out of the paths.

    Args:
        paths: Paths, or any other texts.
        empty_names: Whether a name may be empty, which a path that ends with a slash would leave.

    Returns:
        What stands for each path, and the headings: which directory is above which path from there on. A text with a
        slash in it stands for itself, any other is a name below the last heading. None where nothing is shared.
    """
    headings: dict[int, str] = {}
    names = list(paths)
    current = ""
    start = 0
    for directory, run in groupby([path[: path.rfind("/") + 1] for path in paths]):
        end = start + len(list(run))
        if directory:
            if (
                directory != current
                and not directory.startswith(_SPECIAL)
                and (end - start > 1 or (empty_names and paths[start] == directory))
            ):
                headings[start] = current = directory
            if directory == current:
                cut = len(directory)
                cuts = [path[cut:] for path in paths[start:end]]
                names[start:end] = cuts if empty_names else [cut or directory for cut in cuts]
        elif current:
            names[start:end] = [BARE] * (end - start)
        start = end
    return (names, headings) if headings else None


def restore(names: Sequence[str], directories: Sequence[str]) -> list[str]:
    """Put the directory of the heading above before each name; the inverse of :func:`hoist`."""
    return [
        name if "/" in name else directory + name for name, directory in zip(names, directories, strict=True)
    ]
