"""Decision tables (DMN, S-FEEL): one row in microseconds, many as one SQL, each with the cells that decided."""

from yongzhou.engines.decisions.check import Findings, Overlap, check_table
from yongzhou.engines.decisions.dmn import decisions_in, load_dmn
from yongzhou.engines.decisions.feel import FeelError, FeelType, UnaryTests, Value, unary_tests
from yongzhou.engines.decisions.page import Cell, Row, Sheet, table_to_html_rows
from yongzhou.engines.decisions.table import DecisionTable, DmnError, Input, Outcome, Output, Reason, Rule, decide

__all__ = [
    "Cell",
    "DecisionTable",
    "DmnError",
    "FeelError",
    "FeelType",
    "Findings",
    "Input",
    "Outcome",
    "Output",
    "Overlap",
    "Reason",
    "Row",
    "Rule",
    "Sheet",
    "UnaryTests",
    "Value",
    "check_table",
    "decide",
    "decisions_in",
    "load_dmn",
    "table_to_html_rows",
    "unary_tests",
]
