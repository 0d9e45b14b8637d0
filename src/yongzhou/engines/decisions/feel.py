"""S-FEEL unary tests (DMN 1.3, 9.1): parsed once, then run as Python for a row or as SQL for a batch.

Numbers are IEEE doubles, not Decimals: measurements arrive as doubles, DuckDB compares doubles exactly as Python does,
and a literal such as 0.1 is rounded in both to the same double, so that one row and a batch cannot differ. A Decimal
fact is rounded to the nearest double, so money with 2 places keeps its order up to 15 digits. A NaN (a missing
measurement) counts as null.

Null follows DMN 1.3: `null = x` is false unless both are null; an order comparison with null is unknown; `not` and a
list are three-valued (Kleene). A test that is unknown does not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

FeelType = Literal["number", "string", "boolean", "date"]
Value: TypeAlias = float | str | bool | date | None

TYPE_NAMES: Final = {"number": "数值", "string": "文本", "boolean": "布尔", "date": "日期", "null": "null"}
ORDERED: Final = ("number", "date")
OPERATORS: Final = ("<", "<=", ">", ">=")

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<date>date\s*\(\s*"[^"]*"\s*\)|@"[^"]*")
    |(?P<number>-?(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?![\w.]*[A-Za-z_]))
    |(?P<sign><=|>=|<|>|\.\.|[\[\](),-])
    |(?P<word>[^\W\d]\w*)
    |(?P<other>\S))""",
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


class FeelError(ValueError):
    """Text that is no S-FEEL, or FEEL beyond what this engine knows; the Chinese text says what and where."""


@dataclass(frozen=True, slots=True)
class Equals:
    """The input equals a literal; `null` equals null only."""

    value: Value


@dataclass(frozen=True, slots=True)
class Range:
    """The input lies between two ends; an end that is None is open to infinity."""

    low: Value = None
    high: Value = None
    low_closed: bool = False
    high_closed: bool = False


Test: TypeAlias = Equals | Range


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """One input cell: any of `tests`, or none of them when `negated`; no tests at all = `-`, matches everything."""

    text: str
    type: FeelType | None
    tests: tuple[Test, ...]
    negated: bool = False

    def python(self, name: str) -> str:
        """A Python expression over the variable `name` that is true exactly where the cell matches."""
        if not self.tests:
            return "True"
        if self.negated:
            return " and ".join(_python_false(test, name) for test in self.tests)
        return _any([_python_true(test, name) for test in self.tests])

    def sql(self, column: str) -> str:
        """A DuckDB condition over the column that is true exactly where the cell matches (elsewhere false or NULL)."""
        if not self.tests:
            return "true"
        if self.negated:
            return "(" + " AND ".join(_sql_false(test, column) for test in self.tests) + ")"
        return "(" + " OR ".join(_sql_true(test, column) for test in self.tests) + ")"

    def literals(self) -> Iterator[Value]:
        """Every literal of the cell that is not null."""
        for test in self.tests:
            ends = (test.value,) if isinstance(test, Equals) else (test.low, test.high)
            yield from (end for end in ends if end is not None)


def unary_tests(text: str, type_: FeelType | None) -> UnaryTests:
    """Parse one input cell of a column of that type (None = unknown); `FeelError` for what is not supported."""
    parser = _Parser(text, type_)
    if not parser.tokens or parser.only("-"):
        return UnaryTests(text.strip(), type_, ())
    negated = parser.take("word", "not") is not None
    if negated:
        parser.need("(")
    tests = [parser.test()]
    while parser.take("sign", ","):
        tests.append(parser.test())
    if negated:
        parser.need(")")
    parser.end()
    return UnaryTests(text.strip(), parser.type, tuple(tests), negated)


def literal(text: str, type_: FeelType | None = None) -> Value:
    """Parse one output cell: a literal; empty and `-` mean null. `FeelError` for any other expression."""
    parser = _Parser(text, type_)
    if not parser.tokens or parser.only("-"):
        return None
    value = parser.value()
    parser.end()
    return value


def type_of(value: Value) -> FeelType | None:
    """The FEEL type of a literal; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "date" if isinstance(value, date) else "number"


def sql_literal(value: Value) -> str:
    """A literal as DuckDB SQL, of exactly the column's type."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else f"'{value!r}'::DOUBLE"


def python_literal(value: Value) -> str:
    """A literal as Python source; dates as `date(y, m, d)`."""
    return f"date({value.year}, {value.month}, {value.day})" if isinstance(value, date) else repr(value)


class _Parser:
    def __init__(self, text: str, type_: FeelType | None) -> None:
        self.text = text
        self.type = type_
        self.at = 0
        self.tokens: list[tuple[str, str]] = []
        for match in _TOKEN.finditer(text.strip()):
            kind = match.lastgroup or "other"
            if kind == "other":
                raise FeelError(f"「{text.strip()}」第 {match.start(kind) + 1} 个字符「{match[kind]}」不是 S-FEEL")
            self.tokens.append((kind, match[kind]))

    def only(self, sign: str) -> bool:
        return self.tokens == [("sign", sign)]

    def take(self, kind: str, *texts: str) -> str | None:
        if self.at < len(self.tokens):
            found, text = self.tokens[self.at]
            if found == kind and (not texts or text in texts):
                self.at += 1
                return text
        return None

    def need(self, *signs: str) -> str:
        if (sign := self.take("sign", *signs)) is None:
            raise FeelError(f"「{self.text.strip()}」缺少「{'」或「'.join(signs)}」{self._where()}")
        return sign

    def end(self) -> None:
        if self.at < len(self.tokens):
            raise FeelError(
                f"「{self.text.strip()}」{self._where()}多出内容；只支持 S-FEEL 的字面量、比较、区间、列表与 not()"
            )

    def test(self) -> Test:
        if operator := self.take("sign", *OPERATORS):
            end = self._endpoint(self.value())
            closed = operator.endswith("=")
            return Range(low=end, low_closed=closed) if operator[0] == ">" else Range(high=end, high_closed=closed)
        if opening := self.take("sign", "[", "(", "]"):
            low = self._endpoint(self.value())
            self.need("..")
            high = self._endpoint(self.value())
            closing = self.need("]", ")", "[")
            test = Range(low, high, opening == "[", closing == "]")
            if low > high or (low == high and not (test.low_closed and test.high_closed)):  # type: ignore[operator]
                raise FeelError(f"「{self.text.strip()}」的区间是空的：下限大于上限")
            return test
        return Equals(self.value())

    def value(self) -> Value:
        if self.at >= len(self.tokens):
            raise FeelError(f"「{self.text.strip()}」写到一半：缺少字面量")
        kind, text = self.tokens[self.at]
        self.at += 1
        value = self._literal(kind, text)
        found = type_of(value)
        if found is not None and self.type is None:
            self.type = found
        if found is not None and found != self.type:
            raise FeelError(f"「{text}」是{TYPE_NAMES[found]}，此列应为{TYPE_NAMES[str(self.type)]}")
        return value

    def _literal(self, kind: str, text: str) -> Value:
        if kind == "number":
            number = float(text)
            if number in (float("inf"), float("-inf")):
                raise FeelError(f"数值「{text}」超出双精度范围")
            return number
        if kind == "string":
            plain = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _unescape, text[1:-1], flags=re.DOTALL)
            try:
                return plain.encode("utf-16", "surrogatepass").decode("utf-16")  # joins pairs written as two escapes
            except UnicodeDecodeError as error:
                raise FeelError(f"文本 {text} 里有不成对的代理码") from error
        if kind == "date":
            day = text.split('"')[1]
            try:
                return date.fromisoformat(day)
            except ValueError as error:
                raise FeelError(f'「{day}」不是日期，应写成 date("2026-01-01")；时刻与时长不支持') from error
        if kind == "word" and text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        raise FeelError(f"「{self.text.strip()}」里的「{text}」不支持：这里只能写字面量，不能写变量、函数或算式")

    def _endpoint(self, value: Value) -> Value:
        if type_of(value) not in ORDERED:
            raise FeelError(f"「{self.text.strip()}」：只有数值和日期可以比较大小")
        return value

    def _where(self) -> str:
        seen = "".join(text for _, text in self.tokens[: self.at])
        return f"（在「{seen}」之后）"


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code == "u0000":
        raise FeelError("文本里不能有空字符 \\u0000")
    if len(code) == 5:
        return chr(int(code[1:], 16))
    if code not in _ESCAPES:
        raise FeelError(f"文本里的转义「\\{code}」不认识")
    return _ESCAPES[code]


def _any(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " or ".join(parts) + ")"


def _comparisons(test: Range, name: str, render: dict[bool, str]) -> list[str]:
    parts = []
    if test.low is not None:
        parts.append(f"{name} {'>=' if test.low_closed else '>'} {render[False]}")
    if test.high is not None:
        parts.append(f"{name} {'<=' if test.high_closed else '<'} {render[True]}")
    return parts


def _python_true(test: Test, name: str) -> str:
    if isinstance(test, Equals):
        return f"{name} is None" if test.value is None else f"{name} == {python_literal(test.value)}"
    ends = {False: python_literal(test.low), True: python_literal(test.high)}
    return f"({name} is not None and {' and '.join(_comparisons(test, name, ends))})"


def _python_false(test: Test, name: str) -> str:
    if isinstance(test, Equals):
        return f"{name} is not None" if test.value is None else f"{name} != {python_literal(test.value)}"
    ends = {False: python_literal(test.low), True: python_literal(test.high)}
    return f"({name} is not None and not ({' and '.join(_comparisons(test, name, ends))}))"


def _sql_true(test: Test, column: str) -> str:
    if isinstance(test, Equals):
        return f"{column} IS NULL" if test.value is None else f"{column} = {sql_literal(test.value)}"
    ends = {False: sql_literal(test.low), True: sql_literal(test.high)}
    return "(" + " AND ".join(_comparisons(test, column, ends)) + ")"


def _sql_false(test: Test, column: str) -> str:
    if isinstance(test, Equals):
        if test.value is None:
            return f"{column} IS NOT NULL"
        return f"{column} IS DISTINCT FROM {sql_literal(test.value)}"
    ends = {False: sql_literal(test.low), True: sql_literal(test.high)}
    return "NOT (" + " AND ".join(_comparisons(test, column, ends)) + ")"
