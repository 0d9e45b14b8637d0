"""Dated standards: codes, limits, parameters, check digits and keys of Chinese text."""

from yongzhou.core.standards.checks import (
    SCHEMES,
    CheckResult,
    check_code,
    check_component,
    check_division,
    check_id_number,
    check_organisation,
    check_station,
    check_uscc,
    id_check_digit,
    upgrade_id_number,
)
from yongzhou.core.standards.library import LimitTable, Standards, label, limits, parameter, standards
from yongzhou.core.standards.rows import Code, Limit, Parameter, StandardsError, short_region
from yongzhou.core.standards.text import fold_width, pinyin_key

__all__ = [
    "SCHEMES",
    "CheckResult",
    "Code",
    "Limit",
    "LimitTable",
    "Parameter",
    "Standards",
    "StandardsError",
    "check_code",
    "check_component",
    "check_division",
    "check_id_number",
    "check_organisation",
    "check_station",
    "check_uscc",
    "fold_width",
    "id_check_digit",
    "label",
    "limits",
    "parameter",
    "pinyin_key",
    "short_region",
    "standards",
    "upgrade_id_number",
]
