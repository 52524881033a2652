"""A thousand items with the content that tools return: events of services, some common and some rare."""

from __future__ import annotations

import random
from typing import Any

_SERVICES = ["payments", "checkout", "search", "mailer", "ledger", "gateway", "inventory", "sessions"]
_COMMON = [
    "connection",
    "timeout",
    "retry",
    "request",
    "completed",
    "accepted",
    "queue",
    "worker",
    "cache",
    "миграция",
]
_RARE = [
    "deadlock", "certificate", "quota", "segfault", "rollback", "checksum", "throttled", "orphaned", "eviction", "failover",
    "größenfehler", "超时", "latency", "refund", "duplicate", "handshake", "corrupted", "stale", "poisoned", "unreachable",
]  # fmt: skip
WORDS = _COMMON + _RARE


def items(count: int) -> list[dict[str, Any]]:
    """Make events; the same ones at every call."""
    source = random.Random(7)
    made = []
    for number in range(count):
        words = source.choices(_COMMON, k=4) + (source.sample(_RARE, 1) if source.random() < 0.12 else [])
        words += [f"step{number % 13}", source.choice(["in", "for", "after"]), f"{source.randrange(4000)} ms"]
        source.shuffle(words)
        made.append(
            {
                "id": f"evt_{source.getrandbits(48):012x}",
                "order": 400_000 + number * 17,
                "host": f"{source.choice(_SERVICES)}-{number:04d}.internal",
                "trace": f"{source.getrandbits(32):08x}-{number:04x}",
                "service": source.choice(_SERVICES),
                "status": source.choice(["ok"] * 9 + ["failed"]),
                "message": " ".join(words),
                "retries": source.randrange(4),
            }
        )
    return made


def _log() -> str:
    lines = []
    for number, item in enumerate(items(600)):
        level = "ERROR" if item["status"] == "failed" else "INFO"
        lines.append(
            f"2026-01-07T10:{number // 60:02d}:{number % 60:02d}Z {level} [{item['service']}] {item['message']}"
        )
    lines[411] = "2026-01-07T10:06:51Z WARN [ledger] peer refused the connection"
    return "\n".join(lines)


LOG = _log()
