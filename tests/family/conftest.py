"""Families of these tests have their own homes: nothing of the test run's home may leak in."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE", "DATABASE_URL", "NATS_URL", "DATA", "PORT", "CITY"):
        monkeypatch.delenv(name, raising=False)
