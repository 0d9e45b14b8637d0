"""`$filter` of OGC 18-088 clause 9.3.3.5 as a tree; an error names the place in Chinese and English. No Django here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, Literal, TypeAlias

import lark
from lark import Lark, Token, Transformer

TEXT_MAX: Final = 4_000

_GRAMMAR: Final = r"""
start: disjunction
?disjunction: conjunction | disjunction "or" conjunction -> or_
?conjunction: negation | conjunction "and" negation -> and_
?negation: comparison | "not" negation -> not_
?comparison: sum | sum (EQ | NE | GT | GE | LT | LE) sum -> compare
?sum: product | sum (ADD | SUB) product -> arithmetic
?product: atom | product (MUL | DIV | MOD) atom -> arithmetic
?atom: "(" disjunction ")"
     | NAME "(" [disjunction ("," disjunction)*] ")" -> call
     | NAME ("/" NAME)* -> path
     | DATETIME -> time
     | NUMBER -> number
     | STRING -> text
     | SHAPE -> shape
     | TRUE -> flag
     | FALSE -> flag
     | NULL -> null

EQ: "eq"
NE: "ne"
GT: "gt"
GE: "ge"
LT: "lt"
LE: "le"
ADD: "add"
SUB: "sub"
MUL: "mul"
DIV: "div"
MOD: "mod"
TRUE: "true"
FALSE: "false"
NULL: "null"
NAME: /[@A-Za-z_][\w.]*/
DATETIME.3: /\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+\-]\d\d:?\d\d)/
NUMBER.2: /-?\d+(\.\d+)?([eE][+\-]?\d+)?/
SHAPE.3: /geography'[^']*'/
STRING: /'(?:[^']|'')*'/
%ignore /\s+/
"""


class FilterError(ValueError):
    """A filter that cannot be understood; `at` counts characters from 1, 0 where there is no place."""

    def __init__(self, chinese: str, english: str, at: int) -> None:
        self.at = at
        place = f"第 {at} 个字符处" if at else ""
        where = f" at character {at}" if at else ""
        super().__init__(f"$filter {place}有误：{chinese}（$filter{where}: {english}）")


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: number, text, time, flag, WKT shape, or null."""

    value: float | str | datetime | bool | None
    kind: Literal["number", "text", "time", "flag", "shape", "null"]
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """A property, perhaps through navigation: `Datastream`, `ObservedProperty`, `name`."""

    steps: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function."""

    name: str
    arguments: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """`eq`, `ne`, `gt`, `ge`, `lt`, `le`."""

    word: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`add`, `sub`, `mul`, `div`, `mod`."""

    word: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Logic:
    """`and`, `or` of two, `not` of one."""

    word: Literal["and", "or", "not"]
    parts: tuple[Node, ...]


Node: TypeAlias = Constant | Path | Call | Compare | Arithmetic | Logic


class _Tree(Transformer[Token, Node]):
    """From lark's reductions to the tree, without a second walk."""

    def start(self, parts: list[Node]) -> Node:
        return parts[0]

    def or_(self, parts: list[Node]) -> Node:
        return Logic("or", tuple(parts))

    def and_(self, parts: list[Node]) -> Node:
        return Logic("and", tuple(parts))

    def not_(self, parts: list[Node]) -> Node:
        return Logic("not", tuple(parts))

    def compare(self, parts: list[Node | Token]) -> Node:
        left, word, right = parts
        return Compare(str(word), left, right, _at(word))  # type: ignore[arg-type]

    def arithmetic(self, parts: list[Node | Token]) -> Node:
        left, word, right = parts
        return Arithmetic(str(word), left, right, _at(word))  # type: ignore[arg-type]

    def call(self, parts: list[Node | Token | None]) -> Node:
        name, *arguments = parts
        return Call(str(name), tuple(part for part in arguments if part is not None), _at(name))  # type: ignore[misc]

    def path(self, parts: list[Token]) -> Node:
        return Path(tuple(map(str, parts)), _at(parts[0]))

    def number(self, parts: list[Token]) -> Node:
        return Constant(float(parts[0]), "number", _at(parts[0]))

    def text(self, parts: list[Token]) -> Node:
        return Constant(str(parts[0])[1:-1].replace("''", "'"), "text", _at(parts[0]))

    def shape(self, parts: list[Token]) -> Node:
        return Constant(str(parts[0])[len("geography'") : -1], "shape", _at(parts[0]))

    def flag(self, parts: list[Token]) -> Node:
        return Constant(str(parts[0]) == "true", "flag", _at(parts[0]))

    def null(self, parts: list[Token]) -> Node:
        return Constant(None, "null", _at(parts[0]))

    def time(self, parts: list[Token]) -> Node:
        try:
            return Constant(datetime.fromisoformat(str(parts[0])), "time", _at(parts[0]))
        except ValueError as error:
            raise FilterError("没有这个时间", "no such time", _at(parts[0])) from error


def _at(token: object) -> int:
    start = getattr(token, "start_pos", None)
    return int(start) + 1 if start is not None else 0


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Tree(), maybe_placeholders=True)


def parse(text: str) -> Node:
    """The tree of a filter; `FilterError` for anything else."""
    if len(text) > TEXT_MAX:
        raise FilterError(f"最长 {TEXT_MAX} 个字符", f"at most {TEXT_MAX} characters", TEXT_MAX)
    try:
        tree: Node = _parser().parse(text)  # type: ignore[assignment]
    except lark.exceptions.VisitError as error:
        if isinstance(error.orig_exc, FilterError):
            raise error.orig_exc from error
        raise
    except lark.exceptions.UnexpectedEOF as error:
        raise FilterError("写到末尾还不完整", "unexpected end", len(text) + 1) from error
    except lark.exceptions.UnexpectedToken as error:
        if error.token.type == "$END":
            raise FilterError("写到末尾还不完整", "unexpected end", len(text) + 1) from error
        word = str(error.token)[:30]
        raise FilterError(f"这里不应是「{word}」", f"unexpected {word!r}", _at(error.token)) from error
    except lark.exceptions.UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        char = text[place : place + 1]
        raise FilterError(f"不认识的字符「{char}」", f"unexpected character {char!r}", place + 1) from error
    except RecursionError as error:
        raise FilterError("嵌套太深", "nested too deeply", 1) from error
    return tree
