"""Rights as patterns: whether one line takes in another, and what is left of a line under a narrower one.

Actions are exact or `*`; resources are exact or a prefix with `*` at its end. A pattern of any other form is never
taken in and never narrowed: what cannot be compared is not given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from yongzhou.core.data.actor import Grant


def takes_in(own: str, given: str) -> bool:
    """Whether every name that the pattern `given` matches is matched by `own`."""
    if any(mark in own + given for mark in "?["):
        return False
    if own == "*":
        return True
    prefix, star, rest = own.partition("*")
    if rest or "*" in given.removesuffix("*"):
        return False
    return own == given or (bool(star) and given.removesuffix("*").startswith(prefix))


def covers(own: Grant, given: Grant) -> bool:
    """Whether a line that somebody holds takes in a line that he would give: action, resources, grade and scope.

    Resource patterns are compared as patterns: `people.*` takes in `people.unit` and `people.*`, never `*`.
    """
    if own.own or own.action not in ("*", given.action) or own.max_grade < given.max_grade:
        return False
    if not takes_in(own.resource, given.resource):
        return False
    if given.region is not None:
        return own.region is not None and given.region.startswith(own.region)
    return bool(given.units) and given.units <= own.units


def first_beyond(held: Iterable[Grant], given: Iterable[Grant]) -> Grant | None:
    """The first line of `given` that no single line of `held` covers; None when all may be given."""
    lines = tuple(held)
    return next((line for line in given if not any(covers(own, line) for own in lines)), None)


def narrow(line: Grant, action: str, resource: str) -> Grant | None:
    """What a line still gives under a narrower pattern of action and resource; None for nothing."""
    if line.action != "*" and action not in ("*", line.action):
        return None
    kept = line.action if action == "*" else action
    if takes_in(line.resource, resource):
        return replace(line, action=kept, resource=resource)
    if takes_in(resource, line.resource):
        return replace(line, action=kept)
    return None


def narrowed(lines: Iterable[Grant], patterns: Iterable[tuple[str, str]]) -> tuple[Grant, ...]:
    """The lines as far as any of the (action, resource) patterns lets them."""
    allowed = tuple(patterns)
    cut = (narrow(line, action, resource) for line in lines for action, resource in allowed)
    return tuple(dict.fromkeys(line for line in cut if line is not None))
