"""The registry of operations and the decorator that declares one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel

from yongzhou.core.bus.events import Event
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.record import Record
from yongzhou.core.operations.context import Context

I = TypeVar("I", bound=BaseModel)
O = TypeVar("O", bound=BaseModel)


@dataclass(frozen=True)
class Operation(Generic[I, O]):
    """One public thing that a system does: typed in, typed out."""

    name: str  # "water.raise_warning"
    title: str
    on: type[Record] | None
    action: str
    function: Callable[[Context, I], O]
    input: type[I]
    output: type[O]
    emits: tuple[type[Event], ...] = ()
    job: bool = False
    two_persons: bool = False
    inverse: str = ""  # name of the operation that takes it back, called with the record it was on

    @property
    def system(self) -> str:
        """The system (or kernel part) that owns it."""
        return self.name.partition(".")[0]

    @property
    def path(self) -> str:
        """Its REST address below `/api/`: `water/raise-warning`."""
        return f"{self.system}/{self.verb}"

    @property
    def verb(self) -> str:
        """Its verb with hyphens."""
        return self.name.partition(".")[2].replace("_", "-")

    @property
    def resource(self) -> str:
        """What the right is asked on: the record it acts on, or the operation itself."""
        return resource_name(self.on) if self.on is not None else self.name

    @property
    def summary(self) -> str:
        """First line of its docstring."""
        return (inspect.getdoc(self.function) or self.title).splitlines()[0]

    def open_to(self, actor: Actor) -> bool:
        """Whether an actor has any right to it at all; rows are checked when they are fetched."""
        return bool(actor.lines(self.action, self.resource))


_OPERATIONS: dict[str, Operation[Any, Any]] = {}


def operation(
    name: str,
    *,
    title: str,
    on: type[Record] | None,
    action: str,
    emits: Sequence[type[Event]] = (),
    job: bool = False,
    two_persons: bool = False,
    inverse: str = "",
) -> Callable[[Callable[[Context, I], O]], Operation[I, O]]:
    """Declare `fn(ctx: Context, data: Input) -> Output` as the operation `<system>.<verb>`.

    Raises `TypeError` where the function is not typed so, `ValueError` for a name already taken.
    """

    def declare(function: Callable[[Context, I], O]) -> Operation[I, O]:
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) != 2 or "return" not in hints:
            raise TypeError(f"operation {name}: fn(ctx: Context, data: Input) -> Output, with types")
        if name in _OPERATIONS:
            raise ValueError(f"operation {name} is declared twice")
        made = Operation(
            name=name,
            title=title,
            on=on,
            action=action,
            function=function,
            input=hints[parameters[1]],
            output=hints["return"],
            emits=tuple(emits),
            job=job,
            two_persons=two_persons,
            inverse=inverse,
        )
        _OPERATIONS[name] = made
        return made

    return declare


def operations() -> dict[str, Operation[Any, Any]]:
    """All operations by name."""
    return dict(sorted(_OPERATIONS.items()))


def find(name: str) -> Operation[Any, Any] | None:
    """One operation, or None."""
    return _OPERATIONS.get(name)
