from __future__ import annotations

import gzip
import os
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import pytest

import headroom_langchain.tokens
from headroom_langchain.exceptions import TokenizationError
from headroom_langchain.tokens.vocabulary import (
    SHIPPED_ENCODINGS,
    load_encoding,
    parse_merge_ranks,
    read_merge_ranks,
)

_DATA = Path(headroom_langchain.tokens.__file__).parent / "data"
_SHA256 = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}

_OFFLINE = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("the network was used")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
"""


def _run(code: str, tmp_path: Path) -> str:
    """Run code in a new interpreter without network, cache folder or anything an earlier run left behind."""
    dropped = {"TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment["TMPDIR"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _OFFLINE + textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == [], "a file was written"
    return done.stdout.strip()


@pytest.mark.parametrize("name", SHIPPED_ENCODINGS)
def test_the_shipped_vocabularies_are_the_published_ones(name: str) -> None:
    ranks = read_merge_ranks(name, _SHA256[name])
    assert sorted(ranks.values()) == list(range(len(ranks)))


@pytest.mark.parametrize("name", SHIPPED_ENCODINGS)
def test_the_packed_files_carry_no_time_and_no_name(name: str) -> None:
    packed = (_DATA / f"{name}.tiktoken.gz").read_bytes()
    assert packed[3:8] == bytes(5)


def test_a_damaged_vocabulary_is_refused() -> None:
    packed = (_DATA / "cl100k_base.tiktoken.gz").read_bytes()
    sha256 = _SHA256["cl100k_base"]
    changed = gzip.compress(gzip.decompress(packed).replace(b"IQ== 0", b"IQ== 1", 1), mtime=0)
    broken = packed[:1000] + bytes([packed[1000] ^ 0xFF]) + packed[1001:]
    for damaged in (
        b"",
        packed[: len(packed) // 2],
        packed[:-4],
        changed,
        broken,
        b"version https://git-lfs",
    ):
        with pytest.raises(TokenizationError, match="cl100k_base"):
            parse_merge_ranks(damaged, "cl100k_base", sha256)


def test_a_vocabulary_that_does_not_ship_is_refused() -> None:
    with pytest.raises(TokenizationError, match="p50k_base"):
        load_encoding("p50k_base")
    with pytest.raises(TokenizationError, match="missing"):
        read_merge_ranks("p50k_base", "0" * 64)


def test_zlib_garbage_is_a_tokenization_error() -> None:
    garbage = gzip.compress(b"x", mtime=0)[:10] + zlib.compress(b"x")[::-1]
    with pytest.raises(TokenizationError, match="damaged"):
        parse_merge_ranks(garbage, "o200k_base", _SHA256["o200k_base"])


def test_counting_needs_no_network_no_cache_and_writes_no_file(tmp_path: Path) -> None:
    code = """
    from headroom_langchain.tokens import counter_for
    print(counter_for("gpt-4o").count("hello world"), counter_for("gpt-4").count("hello world"))
    """
    assert _run(code, tmp_path) == "2 2"


@pytest.mark.parametrize(
    "first",
    [
        "",
        "import tiktoken_ext.openai_public",
        "import headroom_langchain.tokens",
        "import tiktoken_ext.headroom_langchain",
    ],
)
def test_tiktoken_itself_works_offline_in_any_import_order(first: str, tmp_path: Path) -> None:
    code = """
    import tiktoken
    assert len(tiktoken.get_encoding("o200k_base").encode("hello world")) == 2
    assert tiktoken.encoding_for_model("gpt-4o") is tiktoken.get_encoding("o200k_base")
    assert tiktoken.encoding_for_model("gpt-4").name == "cl100k_base"
    assert tiktoken.encoding_for_model("gpt-oss-20b").name == "o200k_harmony"
    assert "p50k_base" in tiktoken.list_encoding_names()
    from headroom_langchain.tokens.vocabulary import load_encoding
    assert load_encoding("o200k_base") is tiktoken.get_encoding("o200k_base")
    print("ok")
    """
    assert _run(first + "\n" + textwrap.dedent(code), tmp_path) == "ok"


def test_what_does_not_ship_is_left_to_tiktoken(tmp_path: Path) -> None:
    code = """
    import tiktoken.load
    asked = []
    tiktoken.load.read_file = lambda address: asked.append(address) or b"IQ== 0"
    import tiktoken
    try:
        tiktoken.get_encoding("p50k_base")
    except ValueError:
        pass
    print(asked[0].rpartition("/")[2])
    """
    assert _run(code, tmp_path) == "p50k_base.tiktoken"


def test_a_tiktoken_that_would_use_the_network_is_refused(tmp_path: Path) -> None:
    code = """
    import tiktoken_ext.headroom_langchain
    from tiktoken_ext import openai_public
    del openai_public.load_tiktoken_bpe
    from headroom_langchain.exceptions import TokenizationError
    from headroom_langchain.tokens import counter_for
    try:
        counter_for("gpt-4o").count("text")
    except TokenizationError as error:
        print("network" in str(error))
    """
    assert _run(code, tmp_path) == "True"


def test_importing_loads_neither_tiktoken_nor_langchain(tmp_path: Path) -> None:
    code = """
    import headroom_langchain.tokens
    heavy = ("tiktoken", "langchain_core", "pydantic", "requests")
    print([name for name in heavy if name in sys.modules])
    """
    assert _run(code, tmp_path) == "[]"


def test_finding_the_plug_in_reads_no_vocabulary(tmp_path: Path) -> None:
    code = """
    import tiktoken
    tiktoken.list_encoding_names()
    print("headroom_langchain.tokens" in sys.modules)
    """
    assert _run(code, tmp_path) == "False"
