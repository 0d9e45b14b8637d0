"""What the help page says, by section; plain data, so that the palette finds it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its anchor, title, and sentences."""

    anchor: str
    title: str
    lines: tuple[str, ...]


SECTIONS: Final = (
    Section(
        "keys",
        "键盘操作",
        (
            "Ctrl K 搜索一切：记录、操作、指标、页面、帮助；用汉字、拼音或拼音首字母都行。",
            "列表里 J、K 上下移动，回车打开整页，O 打开侧栏，空格选择，A 全选，? 显示全部按键。",
            "/ 跳到本页的搜索框，Esc 关闭侧栏、菜单和对话框。",
        ),
    ),
    Section(
        "lists",
        "列表：条件、列、视图",
        (
            "条件、排序和样子都在网址里：复制网址发给同事，他看到同样的列表（按他自己的权限）。",
            "「列」选要显示哪些列，按人记住；「存为视图」把条件、列和样子一起存下，可以共享给本单位。",
            "有时间的记录可以换成日历，有起止时间的可以换成时间轴。",
        ),
    ),
    Section(
        "bulk",
        "批量办理",
        (
            "勾选若干条，或选「全部符合条件的」，再选一个操作，填一次，在后台逐条办理。",
            "每一条都单独检查权限、单独留审计；没有办成的写明原因，可以只重试这些。",
        ),
    ),
    Section(
        "export",
        "导出",
        (
            "导出的是符合条件的行，您看不到的值在文件里同样遮蔽，每次导出都记入审计。",
            "CSV、Parquet 最多 10 万行，GeoJSON 最多 5 万行，Excel 最多 2 万行。",
        ),
    ),
    Section(
        "import",
        "导入表格",
        (
            "上传 csv（UTF-8 或 GBK）或 xlsx，核对每一列对应哪个字段，看前 20 行的检查结果，先试导入，再正式导入。",
            "有错的行不影响其他行：在导入结果里逐行改好，再放回去。",
            "下次上传同样表头的文件，会记得这次的对应关系。",
        ),
    ),
    Section(
        "undo",
        "撤销",
        (
            "能反过来办的操作，办完后有「撤销」按钮；一天之内也可以在记录的历史里撤销。",
            "之后又有人改过的，不能撤销，以免盖掉别人的修改。",
        ),
    ),
    Section(
        "look",
        "大字版、深色、英文、打印",
        (
            "右上角个人菜单里可以换大字版、深浅色和界面语言，本机记住。",
            "列表和记录可以直接打印，页眉有单位、时间、打印人和数据级别。",
        ),
    ),
    Section(
        "masks",
        "遮蔽的内容",
        ("个人信息默认遮蔽。点眼睛说明用途后可以查看一项，每次查看都记入审计，本人可以查到。",),
    ),
)
