"""Who is told of every operation that ran: one cheap hook around `run`, for figures and traces."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from yongzhou.core.observe import trace
from yongzhou.core.operations.problem import Problem

# operation, door, outcome ("done", the code of a refusal, "error"), seconds
Watcher = Callable[[str, str, str, float], None]
F = TypeVar("F", bound=Callable[..., Any])

_watchers: Final[list[Watcher]] = []


def watch(watcher: Watcher) -> None:
    """Tell `watcher` of each operation of this process; a second registration of the same changes nothing."""
    if watcher not in _watchers:
        _watchers.append(watcher)


def watched(function: F) -> F:
    """`run`, whose first argument is the operation and which may be given `door=`, observed."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if not _watchers and not trace.ON:
            return function(*args, **kwargs)
        name = str(getattr(args[0], "name", ""))
        door = str(kwargs.get("door", "rest"))
        outcome, began = "done", time.perf_counter()
        try:
            with trace.span(f"operation {name}", attributes={"yz.operation": name, "yz.door": door}):
                return function(*args, **kwargs)
        except Problem as problem:
            outcome = problem.code
            raise
        except Exception:
            outcome = "error"
            raise
        finally:
            spent = time.perf_counter() - began
            for tell in _watchers:
                tell(name, door, outcome, spent)

    return cast("F", run)
