"""Tokens of images, audio, video and files, by the rules that providers document.

Only headers are read, nothing is fetched, and base64 is never counted as text. What a rule needs and the block does
not say (the size of an image behind a URL, the pages of a file) is replaced by a documented default.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

LOW_DETAIL_TOKENS: Final = 85
"""An image in low detail, and the base price of one in high detail (OpenAI, tile rule of gpt-4o)."""
TILE_TOKENS: Final = 170
"""Each tile of 512 x 512 pixels of an image in high detail."""
UNKNOWN_IMAGE_TOKENS: Final = LOW_DETAIL_TOKENS + 4 * TILE_TOKENS
"""An image of unknown size: that of 1024 x 1024 pixels, 765 tokens."""
AUDIO_TOKENS_PER_SECOND: Final = 10
"""OpenAI: one token per 100 ms of input."""
AUDIO_BYTES_PER_SECOND: Final = 16_000
"""Compressed speech at 128 kbit/s; the header of a WAV file says its own rate."""
VIDEO_TOKENS_PER_SECOND: Final = 263
"""Gemini."""
VIDEO_BYTES_PER_SECOND: Final = 125_000
"""Video at 1 Mbit/s."""
PAGE_TOKENS: Final = 2_000
"""A page of a file: within the 1,500 to 3,000 that Anthropic documents."""
PAGE_BYTES: Final = 50_000
"""Bytes of a file taken for one page."""
UNKNOWN_SECONDS: Final = 60
"""Audio and video of unknown length."""

_HEADER_CHARACTERS: Final = 256 * 1024
"""Base64 characters in which a JPEG's size is looked for, behind its EXIF data and thumbnail."""


def image_tokens(data: str | bytes | None, detail: object = "auto") -> int:
    """Count an image by OpenAI's tile rule.

    Args:
        data: The image as bytes, base64 text or a ``data:`` URL; other URLs and None are of unknown size.
        detail: ``low``, ``high`` or ``auto``; ``auto`` is counted as ``high``, as billed for all but tiny images.

    Returns:
        Tokens: 85 in low detail, else 85 + 170 for each tile of 512 pixels, after fitting the image into 2048 x
        2048 and its shorter side to 768.
    """
    if detail == "low":
        return LOW_DETAIL_TOKENS
    size = image_size(_head(data))
    if size is None:
        return UNKNOWN_IMAGE_TOKENS
    width, height = _fit(*size)
    return LOW_DETAIL_TOKENS + TILE_TOKENS * max(1, ceil(width / 512)) * max(1, ceil(height / 512))


def _fit(width: int, height: int) -> tuple[int, int]:
    longer = max(width, height)
    if longer > 2048:
        width, height = width * 2048 // longer, height * 2048 // longer
    shorter = min(width, height)
    if shorter > 768:
        width, height = width * 768 // shorter, height * 768 // shorter
    return width, height


def audio_tokens(data: str | bytes | None) -> int:
    """Count audio: 10 tokens a second, the length taken from a WAV header or from the number of bytes.

    Args:
        data: The audio as bytes, base64 text or a ``data:`` URL.

    Returns:
        Tokens.
    """
    size = _byte_size(data)
    head = _head(data)
    rate = AUDIO_BYTES_PER_SECOND
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and len(head) >= 32:
        rate = max(1, int.from_bytes(head[28:32], "little"))
    seconds = UNKNOWN_SECONDS if size is None else size / rate
    return ceil(seconds * AUDIO_TOKENS_PER_SECOND)


def video_tokens(data: str | bytes | None) -> int:
    """Count video: 263 tokens a second, the length taken from the number of bytes at 1 Mbit/s.

    Args:
        data: The video as bytes, base64 text or a ``data:`` URL.

    Returns:
        Tokens.
    """
    size = _byte_size(data)
    return ceil(
        (UNKNOWN_SECONDS if size is None else size / VIDEO_BYTES_PER_SECOND) * VIDEO_TOKENS_PER_SECOND
    )


def file_tokens(data: str | bytes | None) -> int:
    """Count a file: 2,000 tokens a page, one page per 50,000 bytes, at least one.

    Args:
        data: The file as bytes, base64 text or a ``data:`` URL; other URLs, ids and None count as one page.

    Returns:
        Tokens.
    """
    return PAGE_TOKENS * max(1, ceil((_byte_size(data) or 0) / PAGE_BYTES))


def media_data(block: Mapping[str, Any], *, levels: int = 3) -> str | bytes | None:
    """Find the data of a media block, in the spellings of LangChain, OpenAI, Anthropic and Google.

    Args:
        block: A content block.
        levels: How many levels of nested objects are looked into.

    Returns:
        Bytes, base64 text or a URL; None where the block refers to a file by its id.
    """
    for key in ("base64", "data", "bytes", "file_data", "url", "image_url", "input_audio", "file", "source"):
        value = block.get(key)
        if isinstance(value, (str, bytes)) and value:
            return value
        if isinstance(value, Mapping) and levels:
            found = media_data(value, levels=levels - 1)
            if found:
                return found
    return None


def image_size(head: bytes) -> tuple[int, int] | None:
    """Read the size of an image from its first bytes.

    Args:
        head: The beginning of a PNG, JPEG, GIF or WebP file.

    Returns:
        Width and height in pixels; None for other formats and damaged headers.
    """
    size: tuple[int, int] | None = None
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            size = struct.unpack_from(">II", head, 16)
        elif head[:6] in (b"GIF87a", b"GIF89a"):
            size = struct.unpack_from("<HH", head, 6)
        elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            size = _webp_size(head)
        elif head.startswith(b"\xff\xd8"):
            size = _jpeg_size(head)
    except (struct.error, IndexError):
        return None
    return size if size and min(size) > 0 else None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", head, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        else:
            at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4], "big"))
    return None


def _base64_part(data: str) -> str | None:
    """The base64 text of a value, None for a URL that only points to the data."""
    if data[:5].lower() == "data:":
        return data.partition(",")[2]
    return None if "://" in data[:16] else data


def _head(data: str | bytes | None) -> bytes:
    if data is None:
        return b""
    if isinstance(data, bytes):
        return data[:_HEADER_CHARACTERS]
    text = _base64_part(data[: _HEADER_CHARACTERS + 200])
    if not text:
        return b""
    try:
        text = "".join(text.split())
        return binascii.a2b_base64(text[: len(text) // 4 * 4])
    except ValueError:
        return b""


def _byte_size(data: str | bytes | None) -> int | None:
    if data is None:
        return None
    if isinstance(data, bytes):
        return len(data)
    if data[:5].lower() == "data:":
        return (len(data) - data.find(",", 0, 200) - 1) * 3 // 4
    return None if "://" in data[:16] else len(data) * 3 // 4
