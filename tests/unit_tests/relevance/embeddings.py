"""Small embedding models that really tell texts apart."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings

CONCEPTS = [
    {"payment", "charged", "card", "bill", "declined"},
    {"disk", "storage", "full", "space"},
    {"parcel", "delivery", "shipped", "arrived"},
    {"meeting", "thursday", "calendar"},
]


class Concepts(Embeddings):
    """One dimension per concept, and a small constant so that no text is without direction."""

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.queries: list[str] = []
        self.calls: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append("documents")
        self.embedded += texts
        return [self._vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        self.calls.append("query")
        self.queries.append(text)
        return self._vector(text)

    def _vector(self, text: str) -> list[float]:
        words = text.lower().split()
        return [0.1, *(float(sum(word in concept for word in words)) for concept in CONCEPTS)]


class AsyncConcepts(Concepts):
    """Answers asynchronous calls itself, as hosted models do."""

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append("adocuments")
        return [self._vector(text) for text in texts]

    async def aembed_query(self, text: str) -> list[float]:
        self.calls.append("aquery")
        return self._vector(text)


class Answers(Embeddings):
    """Gives the same vectors whatever it is asked."""

    def __init__(self, documents: list[list[float]], query: list[float]) -> None:
        self._documents = documents
        self._query = query

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._documents

    def embed_query(self, text: str) -> list[float]:
        return self._query


class Unreachable(Embeddings):
    """Fails at every call, as a hosted model behind a broken line."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise self.error

    def embed_query(self, text: str) -> list[float]:
        raise self.error
