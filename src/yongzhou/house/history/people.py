"""Synthetic citizens: names of no one, without identity number and phone."""

from __future__ import annotations

from typing import Final

import numpy as np

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.bulk import copy_in
from yongzhou.core.people.models import Person
from yongzhou.core.places.models import Place
from yongzhou.house.history.observations import SEED

_FAMILY: Final = tuple("唐蒋周李王张刘陈何杨黄欧郑邓吕胡谢罗")
_GIVEN: Final = tuple("明华秀英建国丽娟文斌海燕志强红梅春生玉兰国平新民小满")


def load(count: int, actor: Actor) -> int:
    """COPY `count` persons, spread over the towns; none if some were made before."""
    if Person.objects.filter(job="", unit__isnull=True, origin="synthetic", name__endswith="（模拟）").exists():
        return 0
    dice = np.random.default_rng(SEED + 3)
    towns = list(Place.objects.filter(kind="town").order_by("code").values_list("region", flat=True))
    family, first, second = (dice.integers(0, len(words), count) for words in (_FAMILY, _GIVEN, _GIVEN))
    where = dice.integers(0, len(towns), count)
    rows = (
        {"kind": "person", "name": f"{_FAMILY[a]}{_GIVEN[b]}{_GIVEN[c]}（模拟）", "region": towns[town]}
        for a, b, c, town in zip(family.tolist(), first.tolist(), second.tolist(), where.tolist(), strict=True)
    )
    return copy_in(Person, rows, actor=actor, origin="synthetic", source="yongzhou generate --persons").rows
