"""What every test is guarded against: the network, and the tracing settings of whoever runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

_UNIT_TESTS = Path(__file__).parent / "unit_tests"

# Shared machines stall: a slow example is no defect, and no test here measures time.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.path.is_relative_to(_UNIT_TESTS):
        # Event loops talk to themselves over a local socket pair.
        disable_socket(allow_unix_socket=True)
    else:
        socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    enable_socket()


@pytest.fixture(autouse=True)
def _without_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own tracing must not receive what tests send."""
    for name in [name for name in os.environ if name.startswith(("LANGSMITH_", "LANGCHAIN_"))]:
        monkeypatch.delenv(name)
