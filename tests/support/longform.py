"""Tests whose long form runs under `make attack` only; the test run has a short one."""

from __future__ import annotations

import os
from typing import Final

import pytest

LONG: Final = bool(os.environ.get("ATTACK"))

only_long: Final = pytest.mark.skipif(not LONG, reason="long form: make attack")
