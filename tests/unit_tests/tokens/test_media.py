from __future__ import annotations

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom_langchain.tokens.media import (
    AUDIO_TOKENS_PER_SECOND,
    PAGE_TOKENS,
    UNKNOWN_IMAGE_TOKENS,
    audio_tokens,
    file_tokens,
    image_size,
    image_tokens,
    media_data,
    video_tokens,
)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _jpeg(width: int, height: int, start: int = 0xC0, before: bytes = b"") -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8"
        + before
        + b"\xff"
        + bytes([start])
        + struct.pack(">H", len(frame) + 2)
        + frame
        + b"\xff\xd9"
    )


def _exif(size: int) -> bytes:
    thumbnail = _jpeg(160, 120)
    data = b"Exif\0\0" + thumbnail + bytes(size - len(thumbnail))
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def _webp(chunk: bytes, data: bytes) -> bytes:
    body = b"WEBP" + chunk + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


_IMAGES = {
    "png": png(300, 200),
    "gif87": b"GIF87a" + struct.pack("<HH", 300, 200) + bytes(20),
    "gif89": b"GIF89a" + struct.pack("<HH", 300, 200) + bytes(20),
    "jpeg": _jpeg(300, 200),
    "progressive jpeg": _jpeg(300, 200, start=0xC2),
    "jpeg with a thumbnail": _jpeg(300, 200, before=_exif(60_000)),
    "jpeg with three full segments": _jpeg(300, 200, before=_exif(65_000) * 2),
    "jpeg with tables first": _jpeg(300, 200, before=b"\xff\xc4\x00\x04\x00\x00\xff\xff\xdb\x00\x03\x00"),
    "webp lossy": _webp(b"VP8 ", b"\x30\x01\x00\x9d\x01\x2a" + struct.pack("<HH", 300, 200)),
    "webp lossless": _webp(b"VP8L", b"\x2f" + struct.pack("<I", 299 | 199 << 14)),
    "webp extended": _webp(b"VP8X", bytes(4) + (299).to_bytes(3, "little") + (199).to_bytes(3, "little")),
}


@pytest.mark.parametrize("name", _IMAGES)
def test_the_size_is_read_from_the_header(name: str) -> None:
    assert image_size(_IMAGES[name]) == (300, 200)


@pytest.mark.parametrize("name", _IMAGES)
def test_a_cut_header_is_an_unknown_size(name: str) -> None:
    for length in range(min(24, len(_IMAGES[name]))):
        assert image_size(_IMAGES[name][:length]) in {None, (300, 200)}


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8", b"RIFF0000WEBPVP8 ", b"GIF89a", b"\x89PNG\r\n\x1a\n"]),
)
def test_any_bytes_are_counted(data: bytes, magic: bytes) -> None:
    assert image_tokens(magic + data) >= 85
    assert audio_tokens(magic + data) >= 0


@given(st.text(max_size=100))
def test_any_text_in_place_of_data_is_counted(data: str) -> None:
    for count in (image_tokens, audio_tokens, video_tokens, file_tokens):
        assert count(data) >= 0
        assert count("data:" + data) >= 0


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((512, 512), 255),
        ((513, 512), 425),
        ((1024, 1024), 765),
        ((2048, 4096), 1105),
        ((1, 1), 255),
        ((10_000, 10), 765),
    ],
)
def test_tiles_are_counted_as_documented(size: tuple[int, int], tokens: int) -> None:
    head = b"GIF89a" + struct.pack("<HH", *size) + bytes(20)
    assert image_tokens(head, "high") == tokens
    assert image_tokens(head, "auto") == tokens
    assert image_tokens(head, "low") == 85


def test_every_way_to_hand_in_an_image_counts_the_same() -> None:
    data = png(600, 400)
    text = base64.b64encode(data).decode()
    wrapped = "\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    for given_as in (data, text, wrapped, f"data:image/png;base64,{text}"):
        assert image_tokens(given_as) == 425


@pytest.mark.parametrize(
    "data", [None, "https://example.com/cat.png", "", "not base64 at all!", "data:image/png,x"]
)
def test_an_image_of_unknown_size_has_a_documented_price(data: str | None) -> None:
    assert image_tokens(data) == UNKNOWN_IMAGE_TOKENS == 765


def test_audio_is_counted_by_its_length() -> None:
    rate = 16_000 * 2
    wav = (
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"
        + struct.pack("<HHIIHH", 1, 1, 16_000, rate, 2, 16)
        + b"data\0\0\0\0"
    )
    seconds = 5
    assert audio_tokens(wav + bytes(rate * seconds - len(wav))) == seconds * AUDIO_TOKENS_PER_SECOND
    compressed = base64.b64encode(bytes(16_000 * seconds)).decode()
    assert audio_tokens(compressed) == pytest.approx(seconds * AUDIO_TOKENS_PER_SECOND, abs=1)
    assert audio_tokens("https://example.com/a.mp3") == 600


def test_a_file_is_counted_by_its_pages() -> None:
    assert file_tokens(None) == file_tokens("https://example.com/a.pdf") == PAGE_TOKENS
    assert file_tokens(bytes(120_000)) == 3 * PAGE_TOKENS


def test_data_is_found_in_the_spelling_of_every_provider() -> None:
    for block in (
        {"type": "image", "base64": "QUJD"},
        {"type": "image", "source_type": "base64", "data": "QUJD"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}},
        {"type": "image_url", "image_url": {"url": "QUJD", "detail": "low"}},
        {"type": "input_image", "image_url": "QUJD"},
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
        {"type": "file", "file": {"file_data": "QUJD", "filename": "a.pdf"}},
        {"type": "media", "mime_type": "image/png", "data": "QUJD"},
    ):
        assert media_data(block) == "QUJD"
    assert media_data({"type": "file", "file_id": "file-1"}) is None
    cyclic: dict[str, object] = {"type": "image"}
    cyclic["source"] = cyclic
    assert media_data(cyclic) is None
