"""Which functions run as jobs. No Django here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue


class CancelledError(Exception):
    """The job was asked to stop and did; its committed chunks stay."""


class Run(Protocol):
    """A running job as its function sees it; see `core.jobs.run.RunHandle`."""

    @property
    def id(self) -> UUID: ...
    @property
    def operation(self) -> str: ...
    @property
    def actor_id(self) -> UUID: ...
    @property
    def attempt(self) -> int: ...
    def progress(self, done: int, total: int | None = None) -> None: ...
    def log(self, text: str) -> None: ...
    def check_cancelled(self) -> None: ...
    def resume(self) -> JsonValue: ...
    def checkpoint(self, cursor: JsonValue) -> None: ...


JobFunction = Callable[[Run, dict[str, JsonValue]], JsonValue]
Resolver = Callable[[str], JobFunction | None]

_functions: dict[str, JobFunction] = {}
_resolvers: list[Resolver] = []


def job(name: str) -> Callable[[JobFunction], JobFunction]:
    """Register `fn(run, input) -> result` under an operation's name."""

    def register(function: JobFunction) -> JobFunction:
        known = _functions.get(name)
        if known and (known.__module__, known.__qualname__) != (function.__module__, function.__qualname__):
            raise TypeError(f"后台任务 {name} 已由 {known.__module__}.{known.__qualname__} 登记。")
        _functions[name] = function
        return function

    return register


def add_resolver(resolver: Resolver) -> None:
    """Let another registry (operations) answer for names that are not registered here."""
    _resolvers.append(resolver)


def find(name: str) -> JobFunction | None:
    """The function of one name, None if nobody knows it."""
    if name in _functions:
        return _functions[name]
    return next((found for resolver in _resolvers if (found := resolver(name)) is not None), None)
