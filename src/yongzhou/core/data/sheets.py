"""Read a table that a person made: csv of any usual encoding, xlsx; title rows and merged heads are passed over."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 50 * 1024 * 1024
MAX_UNPACKED: Final = 400 * 1024 * 1024
MAX_RATIO: Final = 200
HEAD_ROWS: Final = 10
_ENCODINGS: Final = ("utf-8-sig", "gb18030")


class SheetRefused(ValueError):
    """A file that cannot be read as a table; the text is Chinese and names the remedy."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Heads, and rows with the line number that a person sees."""

    heads: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[str, ...]]]


def read_sheet(name: str, data: bytes, known: Iterable[str], *, strict: bool = True) -> Sheet:
    """The table of a file; `known` are the heads to look for (labels and field names).

    Raises `SheetRefused` above 50 MB, for a bomb, for an unknown form, and where no row looks like a head; without
    `strict` the fullest of the first rows is then taken for it, for a person says which column is what.
    """
    if len(data) > MAX_BYTES:
        raise SheetRefused("文件超过 50 MB；请分成几份再导入")
    if data[:4] == b"PK\x03\x04":
        lines = _xlsx(data)
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise SheetRefused("这是旧版 .xls；请在表格软件里另存为 .xlsx 或 .csv")
    else:
        lines = _csv(data)
    return _headed(lines, {_fold(word) for word in known}, name, strict)


def _fold(text: str) -> str:
    return "".join(text.split()).replace("（", "(").partition("(")[0].lower()


def _headed(lines: Iterator[tuple[int, tuple[str, ...]]], known: set[str], name: str, strict: bool) -> Sheet:
    """Take the row with the most known heads among the first ten; a merged group head above it is passed over."""
    first: list[tuple[int, tuple[str, ...]]] = []
    for line in lines:
        first.append(line)
        if len(first) == HEAD_ROWS:
            break
    if not first:
        raise SheetRefused(f"「{name}」是空的")
    scores = [sum(_fold(cell) in known for cell in cells) for _, cells in first]
    best = max(range(len(first)), key=lambda index: (scores[index], -index))
    if scores[best] == 0 and not strict:
        best = max(range(len(first)), key=lambda index: (sum(map(bool, first[index][1])), -index))
    elif scores[best] == 0:
        raise SheetRefused(f"「{name}」前 {HEAD_ROWS} 行里没有认识的表头；请让表头与导入模板一致")
    heads = list(first[best][1])
    for above in reversed(first[:best]):  # a cell merged downwards has its word only in the row above
        heads = [
            head or (above[1][i] if i < len(above[1]) and _fold(above[1][i]) in known else "")
            for i, head in enumerate(heads)
        ]

    def rows() -> Iterator[tuple[int, tuple[str, ...]]]:
        for number, cells in (*first[best + 1 :], *()):
            if any(cells):
                yield number, cells
        for number, cells in lines:
            if any(cells):
                yield number, cells

    return Sheet(tuple(heads), rows())


def _csv(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    if b"\0" in data[:4096]:
        raise SheetRefused("这不是文字文件；请用 .csv（UTF-8 或 GBK）或 .xlsx")
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetRefused("文件编码认不出；请另存为 UTF-8 或 GBK 的 csv")
    sample = text[:4096]
    delimiter = max(",\t;|", key=lambda mark: sample.splitlines()[0].count(mark) if sample.splitlines() else 0)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)

    def lines() -> Iterator[tuple[int, tuple[str, ...]]]:
        try:
            for cells in reader:
                yield reader.line_num, tuple(cell.strip() for cell in cells)
        except csv.Error as error:
            raise SheetRefused(f"第 {reader.line_num} 行不是完整的 csv：{error}") from error

    return lines()


def _xlsx(data: bytes) -> Iterator[tuple[int, tuple[str, ...]]]:
    from openpyxl import load_workbook  # a fifth of a second that no other page needs

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_UNPACKED or size > MAX_RATIO * max(len(data), 1):
                raise SheetRefused("这个 xlsx 解开后大得不正常，没有打开")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except SheetRefused:
        raise
    except Exception as error:  # openpyxl and zipfile raise many kinds on damaged files
        raise SheetRefused("这个 xlsx 打不开；请用表格软件重新保存") from error

    def lines() -> Iterator[tuple[int, tuple[str, ...]]]:
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, tuple("" if cell is None else str(cell).strip() for cell in cells)

    return lines()
