"""Every error the package raises."""

from __future__ import annotations

from typing import Any


class HeadroomError(Exception):
    """Base of all errors of this package.

    Args:
        message: What was wrong and what to do about it.
        details: The values that were involved, printed behind the message as ``(k=v, ...)``.
    """

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        """Write the message with its details behind it."""
        if not self.details:
            return self.message
        shown = ", ".join(f"{key}={value}" for key, value in self.details.items())
        return f"{self.message} ({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the details in copies and pickles."""
        return type(self), (self.message, self.details)


class ConfigurationError(HeadroomError):
    """A setting is unknown or outside its valid range; raised when the setting is given."""


class CompressionError(HeadroomError):
    """A compressed form cannot be decoded: it is damaged or was written by hand."""


class TokenizationError(HeadroomError):
    """A vocabulary is missing or damaged, or a registered counter returned no token count."""


class TransformError(HeadroomError):
    """The messages given to a transform are not messages."""


class StorageError(HeadroomError):
    """A store of originals cannot be read or written."""
