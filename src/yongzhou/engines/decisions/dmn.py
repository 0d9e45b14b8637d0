"""Reads decision tables from DMN XML (1.1 to 1.5, S-FEEL cells); what is not supported is refused with its cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

from lxml import etree

from yongzhou.engines.decisions.feel import FeelError, FeelType, UnaryTests, Value, literal, type_of, unary_tests
from yongzhou.engines.decisions.table import Aggregation, DecisionTable, DmnError, HitPolicy, Input, Output, Rule

MAX_BYTES: Final = 5_000_000
NAMESPACES: Final = ("http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")
REFUSED_POLICIES: Final = {
    "PRIORITY": "P（按优先级）",
    "ANY": "A（任一）",
    "RULE ORDER": "R（按规则次序）",
    "OUTPUT ORDER": "O（按输出次序）",
}
AGGREGATIONS: Final = ("SUM", "MIN", "MAX", "COUNT")
BASE_TYPES: Final = ("number", "string", "boolean", "date")
UNSUPPORTED_TYPES: Final = (
    "time",
    "dateTime",
    "date and time",
    "dayTimeDuration",
    "days and time duration",
    "yearMonthDuration",
    "years and months duration",
)
_EXPRESSION_SIGNS: Final = frozenset("+*/()[]{}\"'<>=,;|&")


def load_dmn(source: Path | bytes, decision: str | None = None) -> DecisionTable:
    """The decision table of a DMN file (or its bytes); `decision` names it where the file holds several decisions.

    Raises `DmnError` naming table, row and column for anything but hit policies U, F, C and S-FEEL unary tests.
    """
    root = _parse(source)
    found = {str(node.get("name")): node for node in _children(root, "decision")}
    if decision is None:
        if len(found) != 1:
            raise DmnError(f"文件里有 {len(found)} 个决策，请指明其中一个：{'、'.join(found) or '（无）'}")
        decision = next(iter(found))
    if decision not in found:
        raise DmnError(f"文件里没有决策「{decision}」，有：{'、'.join(found)}")
    tables = _children(found[decision], "decisionTable")
    if not tables:
        raise DmnError("这一决策不是决策表（只支持决策表）", table=decision)
    return _Reader(decision, root).read(tables[0])


def decisions_in(source: Path | bytes) -> tuple[str, ...]:
    """Names of the decisions of a file that are decision tables."""
    return tuple(
        str(node.get("name")) for node in _children(_parse(source), "decision") if _children(node, "decisionTable")
    )


def _parse(source: Path | bytes) -> etree._Element:
    data = source if isinstance(source, bytes) else source.read_bytes()
    if len(data) > MAX_BYTES:
        raise DmnError(f"文件过大：{len(data)} 字节，上限 {MAX_BYTES}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DmnError(f"不是完好的 XML：{error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise DmnError("文件含 DOCTYPE；为防实体攻击一律拒收，请删去后再上传")
    name = etree.QName(root)
    if name.localname != "definitions" or not str(name.namespace).startswith(NAMESPACES):
        raise DmnError(f"不是 DMN 文件：根元素为 {name.localname}（{name.namespace}）")
    language = root.get("expressionLanguage", "")
    if language and "FEEL" not in language.upper():
        raise DmnError(f"表达式语言「{language}」不支持，只支持 S-FEEL")
    return root


def _children(node: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == name]


def _child(node: etree._Element, name: str) -> etree._Element | None:
    return next(iter(_children(node, name)), None)


def _text(node: etree._Element | None) -> str:
    text = None if node is None else _child(node, "text")
    return "" if text is None or text.text is None else text.text.strip()


class _Reader:
    """Reads one table; every refusal knows where it stands."""

    def __init__(self, name: str, root: etree._Element) -> None:
        self.name = name
        self.types = {
            str(item.get("name")): None if (ref := _child(item, "typeRef")) is None else str(ref.text).strip()
            for item in _children(root, "itemDefinition")
        }
        self.names = {str(node.get("name")) for kind in ("inputData", "decision") for node in _children(root, kind)}

    def read(self, node: etree._Element) -> DecisionTable:
        policy = node.get("hitPolicy", "UNIQUE")
        if policy in REFUSED_POLICIES:
            raise DmnError(f"命中策略 {REFUSED_POLICIES[policy]} 不支持，只支持 U、F、C", table=self.name)
        if policy not in ("UNIQUE", "FIRST", "COLLECT"):
            raise DmnError(f"命中策略「{policy}」不认识", table=self.name)
        aggregation = node.get("aggregation")
        if aggregation is not None and (policy != "COLLECT" or aggregation not in AGGREGATIONS):
            raise DmnError(f"汇总方式「{aggregation}」不支持", table=self.name)
        inputs = [self._input(item) for item in _children(node, "input")]
        outputs = self._outputs(node)
        rules = _children(node, "rule")
        tests = [list(self._tests(rules, place, column)) for place, column in enumerate(inputs)]
        inputs = [self._typed(column, cells) for column, cells in zip(inputs, tests, strict=True)]
        values = [list(self._values(rules, place, column)) for place, column in enumerate(outputs)]
        outputs = [self._typed_output(column, cells) for column, cells in zip(outputs, values, strict=True)]
        if aggregation is not None and (
            len(outputs) != 1 or (aggregation != "COUNT" and outputs[0].type not in ("number", None))
        ):
            raise DmnError(f"汇总 {aggregation} 只能用于唯一的数值输出列", table=self.name)
        rows = []
        for number, rule in enumerate(rules):
            if len(_children(rule, "inputEntry")) != len(inputs) or len(_children(rule, "outputEntry")) != len(outputs):
                raise DmnError("单元格数目与列数不符", table=self.name, row=number + 1)
            note = _child(rule, "description")
            rows.append(
                Rule(
                    rule.get("id") or f"rule{number + 1}",
                    tuple(cells[number] for cells in tests),
                    tuple(cells[number] for cells in values),
                    "" if note is None else (note.text or "").strip(),
                )
            )
        if len({row.id for row in rows}) != len(rows):
            raise DmnError("规则的 id 有重复", table=self.name)
        if aggregation == "COUNT":
            outputs = [Output(outputs[0].name, outputs[0].label, "number")]
        return DecisionTable(
            self.name,
            cast(HitPolicy, policy),
            tuple(inputs),
            tuple(outputs),
            tuple(rows),
            cast("Aggregation | None", aggregation),
        )

    def _input(self, node: etree._Element) -> Input:
        expression = _child(node, "inputExpression")
        name = _text(expression)
        label = node.get("label") or name
        self._language(expression, None, label)
        if not name or (name not in self.names and not _EXPRESSION_SIGNS.isdisjoint(name)):
            raise DmnError(f"输入表达式「{name}」不支持，只能写一个输入的名称", table=self.name, column=label)
        type_ = self._type(None if expression is None else expression.get("typeRef"), label)
        values = _text(_child(node, "inputValues"))
        allowed = self._cell(values, type_, None, label) if values else None
        return Input(name, label, type_, allowed)

    def _outputs(self, node: etree._Element) -> list[Output]:
        nodes = _children(node, "output")
        found = []
        for place, item in enumerate(nodes):
            name = item.get("name") or (node.get("outputLabel") or self.name if len(nodes) == 1 else None)
            if name is None:
                raise DmnError(f"第 {place + 1} 个输出列没有名称", table=self.name)
            label = item.get("label") or name
            given = item.get("typeRef") or (node.get("typeRef") if len(nodes) == 1 else None)
            type_ = self._type(given, label)
            default = self._literal(_child(item, "defaultOutputEntry"), type_, None, label)
            found.append(Output(name, label, type_ or type_of(default), default))
        if not found:
            raise DmnError("没有输出列", table=self.name)
        if len({output.name for output in found}) != len(found):
            raise DmnError("输出列的名称有重复", table=self.name)
        return found

    def _tests(self, rules: list[etree._Element], place: int, column: Input) -> Iterator[UnaryTests]:
        for number, rule in enumerate(rules):
            entries = _children(rule, "inputEntry")
            entry = entries[place] if place < len(entries) else None
            self._language(entry, number + 1, column.label)
            yield self._cell(_text(entry), column.type, number + 1, column.label)

    def _values(self, rules: list[etree._Element], place: int, column: Output) -> Iterator[Value]:
        for number, rule in enumerate(rules):
            entries = _children(rule, "outputEntry")
            entry = entries[place] if place < len(entries) else None
            self._language(entry, number + 1, column.label)
            yield self._literal(entry, column.type, number + 1, column.label)

    def _typed(self, column: Input, cells: list[UnaryTests]) -> Input:
        found = {cell.type for cell in cells if cell.type is not None} | ({column.type} if column.type else set())
        if column.allowed is not None and column.allowed.type is not None:
            found.add(column.allowed.type)
        if len(found) > 1:
            raise DmnError("各行的类型不一致", table=self.name, column=column.label)
        return Input(column.name, column.label, next(iter(found), None), column.allowed)

    def _typed_output(self, column: Output, cells: list[Value]) -> Output:
        found = {kind for cell in cells if (kind := type_of(cell)) is not None} | (
            {column.type} if column.type else set()
        )
        if len(found) > 1:
            raise DmnError("各行的类型不一致", table=self.name, column=column.label)
        return Output(column.name, column.label, next(iter(found), None), column.default)

    def _cell(self, text: str, type_: FeelType | None, row: int | None, column: str) -> UnaryTests:
        try:
            return unary_tests(text, type_)
        except FeelError as error:
            raise DmnError(str(error), table=self.name, row=row, column=column) from error

    def _literal(self, node: etree._Element | None, type_: FeelType | None, row: int | None, column: str) -> Value:
        try:
            return literal(_text(node), type_)
        except FeelError as error:
            raise DmnError(str(error), table=self.name, row=row, column=column) from error

    def _type(self, name: str | None, column: str) -> FeelType | None:
        """The base type behind a type name; None where cells must tell (structures, Any, no type)."""
        for _ in range(len(self.types) + 1):
            if name is None:
                return None
            base = name.rsplit(":", 1)[-1]
            if base in BASE_TYPES:
                return cast(FeelType, base)
            if base in UNSUPPORTED_TYPES:
                raise DmnError(
                    f"类型「{base}」不支持，只支持 number、string、boolean、date", table=self.name, column=column
                )
            name = self.types.get(name)
        raise DmnError("类型定义成环", table=self.name, column=column)

    def _language(self, node: etree._Element | None, row: int | None, column: str) -> None:
        language = None if node is None else node.get("expressionLanguage")
        if language and "FEEL" not in language.upper():
            raise DmnError(f"表达式语言「{language}」不支持，只支持 S-FEEL", table=self.name, row=row, column=column)
        if node is not None and _child(node, "importedValues") is not None:
            raise DmnError("引用外部取值不支持", table=self.name, row=row, column=column)
