"""Indicators: the header reads, the resources exist, the statement gives the six columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from yongzhou.core.catalogue.reader import bind
from yongzhou.core.catalogue.resources import CatalogueError
from yongzhou.core.data.registry import records
from yongzhou.core.indicators.definition import DefinitionError, parse
from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "indicators"
COLUMNS: Final = ("period", "region", "value", "numerator", "denominator", "origin")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield indicators that cannot be read or bound."""
    for path in sorted(
        [*tree.package.glob("systems/*/*/indicators/*.sql"), *tree.package.glob("core/*/indicators/*.sql")]
    ):
        name = tree.name(path)
        try:
            indicator = parse(path.read_text(encoding="utf-8"), f"{path.parent.parent.name}.{path.stem}")
            bind(indicator.sql)
        except DefinitionError as error:
            yield Finding(
                RULE, name, f"头部读不懂:{error}", "头部要有 title、period、refresh,例:-- period: 1h | refresh: 5min"
            )
            continue
        except CatalogueError as error:
            yield Finding(RULE, name, str(error.args[0]), "改 {{resource('…')}} 的名字,或请对方共享")
            continue
        missing = [column for column in COLUMNS if not re.search(rf"\b{column}\b", indicator.sql)]
        if missing:
            yield Finding(RULE, name, f"没有给出列 {'、'.join(missing)}", f"要有六列:{'、'.join(COLUMNS)}")
        rows = indicator.rows.partition("?")[0]
        if rows and rows not in records():
            yield Finding(RULE, name, f"rows 指向的记录 {rows} 不存在", "写 <系统>.<记录>,点开数字时看到它的行")
