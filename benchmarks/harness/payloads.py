"""Texts of any size that look like what tools print, the same on every machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_START = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
_CITIES = ("Lisboa", "Zürich", "Nairobi", "Osaka", "Valparaíso", "Tromsø", "Kraków", "Austin")
_STATES = ("paid", "paid", "paid", "shipped", "shipped", "refunded", "failed")
_MODULES = (
    "auth/session",
    "auth/token",
    "billing/invoice",
    "billing/tax",
    "search/index",
    "search/query",
    "web/routes",
)
_NAMES = ("timeout", "retries", "connection", "session_id", "invoice_total", "query_text", "page_size")


def _orders(rows: int) -> Iterator[dict[str, object]]:
    random = Random(rows)  # noqa: S311 - data, not secrets
    at = _START
    for number in range(rows):
        at += timedelta(seconds=random.randint(1, 90))
        order: dict[str, object] = {
            "id": 100_000 + number,
            "reference": f"ord_{random.getrandbits(48):012x}",
            "created_at": at.isoformat().replace("+00:00", "Z"),
            "status": random.choice(_STATES),
            "city": random.choice(_CITIES),
            "total": round(random.uniform(3, 900), 2),
            "currency": "EUR",
            "items": random.randint(1, 9),
            "gift": random.random() < 0.1,
        }
        if order["status"] == "failed":
            order["error"] = f"card declined ({random.randint(10, 99)})"
        yield order


def _json_rows(rows: int) -> str:
    return json.dumps(list(_orders(rows)), ensure_ascii=False)


def _csv(rows: int) -> str:
    head = "id,reference,created_at,status,city,total,currency,items,gift\n"
    return head + "".join(
        ",".join(str(value) for key, value in order.items() if key != "error") + "\n"
        for order in _orders(rows)
    )


def _log(rows: int) -> str:
    random = Random(rows)  # noqa: S311
    at = _START
    lines: list[str] = []
    for _ in range(rows):
        at += timedelta(milliseconds=random.randint(1, 4000))
        stamp = at.strftime("%Y-%m-%d %H:%M:%S,") + f"{at.microsecond // 1000:03d}"
        client = f"10.{random.randint(0, 3)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
        request = f"{random.getrandbits(64):016x}"
        lines.append(
            random.choice(
                (
                    f"{stamp} INFO [worker-{random.randint(1, 8)}] request {request} from {client} accepted",
                    f"{stamp} INFO [worker-{random.randint(1, 8)}] request {request} done in {random.randint(2, 950)} ms",
                    f"{stamp} DEBUG [pool] connection {random.randint(1, 64)} to {client}:5432 reused",
                    f"{stamp} WARN [cache] miss for user {random.randint(1000, 99999)}, loading",
                    f"{stamp} ERROR [worker-{random.randint(1, 8)}] request {request} failed: upstream {client} timed out",
                )
            )
        )
    return "\n".join(lines) + "\n"


def _grep(rows: int) -> str:
    random = Random(rows)  # noqa: S311
    lines: list[str] = []
    number, path = 0, ""
    for index in range(rows):
        if index % 12 == 0:
            path, number = f"src/{random.choice(_MODULES)}_{index // 12}.py", 0
        number += random.randint(1, 40)
        name = random.choice(_NAMES)
        lines.append(
            f"{path}:{number}:        self.{name} = settings.get({name!r}, {random.randint(1, 500)})"
        )
    return "\n".join(lines) + "\n"


def _numbers(rows: int) -> list[int]:
    random = Random(rows)  # noqa: S311
    return [random.randint(0, 1_000_000) for _ in range(rows)]


PAYLOADS: Mapping[str, Callable[[int], str]] = {
    "JSON rows": _json_rows,
    "CSV": _csv,
    "log": _log,
    "grep": _grep,
    "JSON numbers": lambda rows: json.dumps(_numbers(rows)),
    "number lines": lambda rows: "\n".join(map(str, _numbers(rows))) + "\n",
}
"""By name: a text of so many rows."""
