"""Relevance by meaning: cosines between embeddings.

Any LangChain ``Embeddings`` object will do; without one, a sentence-transformers model of this machine is
loaded (the ``embeddings`` extra). What a model gives may differ in the last digits with the batch that a text
is in, so cosines are rounded: beyond that, the scores are as repeatable as the model is.

One flow decides what to embed and what to make of it; a synchronous and an asynchronous caller drive it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
from langchain_core.embeddings import Embeddings

from headroom_langchain.exceptions import HeadroomError
from headroom_langchain.transforms.relevance.bm25 import LONG_INPUT, Bm25Scorer
from headroom_langchain.transforms.relevance.scores import Scores, settle

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from headroom_langchain.config import RelevanceScorerConfig

    ScoreFlow = Generator["Ask", "Vectors", Scores]

_BATCH: Final = 256
"""Units per call of the model."""
_CACHE_BYTES: Final = 64 * 1024 * 1024
_DECIMALS: Final = 4
_CLOSE: Final = 0.1
"""Cosines that lie closer together than this say little about which unit is better."""
_TOKEN_CHARACTERS: Final = 20
"""Characters that a token has at most, generously: a model is not handed what it would cut off."""

# torch has one number of threads for the whole process. Two calls that save and restore it at the same time
# would leave it changed.
_TORCH_THREADS: Final = Lock()


class ModelUnavailableError(HeadroomError):
    """An embedding model cannot be loaded; it stays so for the life of the scorer."""


@dataclass(frozen=True)
class Ask:
    """What a flow wants embedded next."""

    texts: list[str]
    """The texts; for a query the one text."""
    query: bool
    """Embed as a query, which some models treat differently."""


Vectors = list[list[float]]
"""One embedding per text, as ``Embeddings`` gives them."""


class VectorCache:
    """Embeddings by text, the least recently used dropped first.

    Belongs to one embedding model: share it among scorers of the same model only.

    Args:
        max_bytes: Upper bound of the vectors held.
    """

    def __init__(self, max_bytes: int = _CACHE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._vectors: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        """Count the vectors held."""
        return len(self._vectors)

    def get(self, key: bytes) -> NDArray[np.float32] | None:
        """Look up a vector and mark it as used."""
        with self._lock:
            vector = self._vectors.get(key)
            if vector is not None:
                self._vectors.move_to_end(key)
            return vector

    def put(self, key: bytes, vector: NDArray[np.float32]) -> None:
        """Hold a vector, in place of others if the room is short."""
        with self._lock:
            known = self._vectors.pop(key, None)
            self._bytes += vector.nbytes - (known.nbytes if known is not None else 0)
            self._vectors[key] = vector
            while self._bytes > self._max_bytes:
                self._bytes -= self._vectors.popitem(last=False)[1].nbytes


class LocalModel(Embeddings):
    """A sentence-transformers model of this machine, loaded at its first use.

    Nothing is downloaded: fetch a model once with ``hf download sentence-transformers/all-MiniLM-L6-v2``, or
    give a path. While it computes, torch is set to one thread for the whole process, and restored: short
    texts gain nothing from more, and on a busy machine several threads wait for each other. Calls take turns.

    Args:
        name: Name of a model in the local cache, or its path.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._model: SentenceTransformer | None = None
        self._failure: str | None = None

    def embed_documents(self, texts: list[str]) -> Vectors:
        """Embed texts that are searched in.

        Raises:
            ModelUnavailableError: The extra is not installed, or the model is not on this machine or is
            damaged.
        """
        return self._embed(texts, query=False)

    def embed_query(self, text: str) -> list[float]:
        """Embed a text that is searched for; raises as :meth:`embed_documents` does."""
        return self._embed([text], query=True)[0]

    def _embed(self, texts: list[str], *, query: bool) -> Vectors:
        with _TORCH_THREADS:
            model = self._loaded()
            import torch  # noqa: PLC0415 - 1 s and 200 MB for those who asked for a model

            most = _TOKEN_CHARACTERS * (model.max_seq_length or 8192)
            encode = model.encode_query if query else model.encode_document
            threads = torch.get_num_threads()
            torch.set_num_threads(1)
            try:
                vectors: Vectors = encode([text[:most] for text in texts], show_progress_bar=False).tolist()
            finally:
                torch.set_num_threads(threads)
            return vectors

    def _loaded(self) -> SentenceTransformer:
        if self._model is not None:
            return self._model
        if self._failure is None:
            try:
                self._model = _load(self._name)
            except ImportError as error:
                self._failure = f"{_first_line(error)}; install headroom-langchain[embeddings]"
            except Exception as error:  # noqa: BLE001 - fail open: a damaged model can raise anything
                self._failure = _first_line(error)
            else:
                return self._model
        raise ModelUnavailableError(f"embedding model {self._name!r} is not available: {self._failure}")


class Meaning:
    """Cosines between a query and units, or the reason why there are none.

    Args:
        embeddings: The model.
        cache: Holds the vectors of units that come again; None makes one of 64 MB.
    """

    def __init__(self, embeddings: Embeddings, cache: VectorCache | None = None) -> None:
        self.embeddings = embeddings
        self._cache = VectorCache() if cache is None else cache

    def cosines(
        self, query: str, units: Sequence[str]
    ) -> Generator[Ask, Vectors, NDArray[np.float64] | Exception]:
        """Embed what is not known yet, and compare.

        Args:
            query: What is looked for.
            units: The units; blank ones are as far off as can be.

        Returns:
            The cosines, in [-1, 1]; NaN for blank units. The error if the model has failed.
        """
        try:
            return (yield from self._compare(query, units))
        except Exception as error:  # noqa: BLE001 - fail open: a model, local or remote, can raise anything
            return error

    def _compare(self, query: str, units: Sequence[str]) -> Generator[Ask, Vectors, NDArray[np.float64]]:
        number = {text: place for place, text in enumerate(dict.fromkeys(units))}
        texts = [_encodable(text) for text in number]
        cosines = np.full(len(texts), np.nan)
        goal = yield from self._query(_encodable(query))
        missing = []
        for place, text in enumerate(texts):
            if not text.strip():
                continue
            vector = self._cache.get(_key(text, query=False))
            if vector is None:
                missing.append(place)
            else:
                cosines[place] = vector.astype(np.float64) @ goal
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            vectors = _unit_length((yield Ask([texts[place] for place in batch], query=False)), len(batch))
            cosines[batch] = vectors.astype(np.float64) @ goal
            for place, vector in zip(batch, vectors, strict=True):
                self._cache.put(_key(texts[place], query=False), vector)
        return np.round(cosines[[number[unit] for unit in units]], _DECIMALS)

    def _query(self, query: str) -> Generator[Ask, Vectors, NDArray[np.float64]]:
        key = _key(query, query=True)
        vector = self._cache.get(key)
        if vector is None:
            vector = _unit_length((yield Ask([query], query=True)), 1)[0]
            self._cache.put(key, vector)
        return vector.astype(np.float64)


class EmbeddingScorer:
    """The ``embedding`` tier: finds what is said in other words, and in the languages the model knows.

    Args:
        config: The settings.
        meaning: Compares by the model.
    """

    def __init__(self, config: RelevanceScorerConfig, meaning: Meaning) -> None:
        self._config = config
        self._meaning = meaning
        self._stand_in = StandIn(config, "embedding")

    def score(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by meaning; see :class:`~headroom_langchain.transforms.relevance.Scorer`."""
        return run(self._flow(query, units), self._meaning.embeddings)

    async def ascore(self, query: str, units: Sequence[str]) -> Scores:
        """Score units by meaning through the model's asynchronous methods."""
        return await arun(self._flow(query, units), self._meaning.embeddings, _characters(query, units))

    def _flow(self, query: str, units: Sequence[str]) -> ScoreFlow:
        if not query.strip() or not units:
            return settle(np.zeros(len(units)), self._config, "embedding")
        cosines = yield from self._meaning.cosines(query, units)
        if isinstance(cosines, Exception):
            return self._stand_in.score(query, units, cosines)
        return settle(relative(cosines), self._config, "embedding")


class StandIn:
    """BM25 in place of a model that failed, with the reason.

    Args:
        config: The settings.
        asked: The tier that was asked for.
    """

    def __init__(self, config: RelevanceScorerConfig, asked: str) -> None:
        self._config = config
        self._asked = asked
        self._told = False

    def score(self, query: str, units: Sequence[str], error: Exception) -> Scores:
        """Score by BM25 and tell why.

        A model that cannot be loaded is told once; a call that failed is told each time, since the next may
        succeed.
        """
        if isinstance(error, ModelUnavailableError):
            reason, known, self._told = str(error), self._told, True
        else:
            reason, known = _first_line(error), False
        warning = f"relevance tier {self._asked!r} fell back to 'bm25': {reason}"
        return Bm25Scorer(self._config, () if known else (warning,)).score(query, units)


def relative(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread cosines over [0, 1]: 1 for the best unit, 0 for the farthest and for all below a cosine of 0.

    Models differ in where their cosines lie, some between 0.7 and 0.9, so a fixed threshold fits one model
    only. Cosines that are close together stay together.

    Args:
        cosines: Cosines in [-1, 1]; NaN for units that have none, which become 0.
    """
    known = np.isfinite(cosines)
    if not known.any():
        return np.zeros(len(cosines))
    best, worst = cosines[known].max(), max(cosines[known].min(), 0.0)
    if best <= 0:
        return np.zeros(len(cosines))
    values = 1 - (best - cosines) / max(best - worst, _CLOSE)
    return np.where(known, np.clip(values, 0.0, 1.0), 0.0)


def run(flow: ScoreFlow, embeddings: Embeddings) -> Scores:
    """Drive a flow with the model's synchronous methods."""
    step = _advance(flow, None)
    while isinstance(step, Ask):
        try:
            answer: Vectors | Exception = (
                [embeddings.embed_query(step.texts[0])]
                if step.query
                else embeddings.embed_documents(step.texts)
            )
        except Exception as error:  # noqa: BLE001 - the flow decides what a failure means
            answer = error
        step = _advance(flow, answer)
    return step


async def arun(flow: ScoreFlow, embeddings: Embeddings, characters: int) -> Scores:
    """Drive a flow with the model's asynchronous methods.

    Args:
        flow: The flow.
        embeddings: The model.
        characters: Size of the input; above a bound the flow's own work is done in a thread.
    """
    in_thread = characters >= LONG_INPUT
    answer: Vectors | Exception | None = None
    while True:
        step = await asyncio.to_thread(_advance, flow, answer) if in_thread else _advance(flow, answer)
        if isinstance(step, Scores):
            return step
        try:
            if step.query:
                answer = [await embeddings.aembed_query(step.texts[0])]
            else:
                answer = await embeddings.aembed_documents(step.texts)
        except Exception as error:  # noqa: BLE001 - the flow decides what a failure means
            answer = error


def _advance(flow: ScoreFlow, answer: Vectors | Exception | None) -> Ask | Scores:
    try:
        if isinstance(answer, Exception):
            return flow.throw(answer)
        return next(flow) if answer is None else flow.send(answer)
    except StopIteration as end:
        scores: Scores = end.value
        return scores


def _load(name: str) -> SentenceTransformer:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - as torch above
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - as torch above
    from transformers.utils import logging  # noqa: PLC0415 - as torch above

    # Handed a name, the library asks the network about more than the model itself; handed a path, it does not.
    path = name
    if not Path(name).exists():
        repository = name if "/" in name else f"sentence-transformers/{name}"
        path = snapshot_download(repository, local_files_only=True)
    # A progress bar in the middle of an agent's output is nobody's wish.
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        return SentenceTransformer(path, local_files_only=True)
    finally:
        if shown:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"


def _characters(query: str, units: Sequence[str]) -> int:
    return len(query) + sum(map(len, units))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _key(text: str, *, query: bool) -> bytes:
    return blake2b(text.encode(), digest_size=16, person=b"query" if query else b"unit").digest()


def _unit_length(vectors: Vectors, count: int) -> NDArray[np.float32]:
    matrix = np.asarray(vectors, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) != count or not matrix.size:
        raise ValueError(f"the model gave {matrix.shape} numbers for {count} texts")
    if not np.isfinite(matrix).all():
        raise ValueError("the model gave numbers that are not finite")
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit_length: NDArray[np.float64] = np.divide(
        matrix, lengths, out=np.zeros_like(matrix), where=lengths > 0
    )
    return unit_length.astype(np.float32)
