"""Import a file into a record's list: choose, see what became of each row, mend the bad ones in the quarantine."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yongzhou.core.data.house import declaration
from yongzhou.core.data.sheets import MAX_BYTES, SheetRefused
from yongzhou.core.operations.generic import create
from yongzhou.core.operations.imports import heads, import_file
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, staff
from yongzhou.portals.workbench.nav import path_of


@staff
def upload(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """The form, and after it the report."""
    model, who = model_of(app, name), actor(request)
    own = declaration(model)
    if own.api != "write" or not create(model).open_to(who):
        raise forbidden(f"没有导入{own.title}的权限")
    context = {
        "own": own,
        "base": path_of(model),
        "heads": list(dict.fromkeys(word for word in heads(model) if not word.isascii())),
    }
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise SheetRefused("请先选择一个文件")
            if (file.size or 0) > MAX_BYTES:
                raise SheetRefused("文件超过 50 MB；请分成几份再导入")
            context["report"] = import_file(model, who, (file.name or "表格")[:80], file.read())
        except SheetRefused as refused:
            context["problem"] = Problem("sheet", str(refused))
            return render(request, "workbench/import.html", context, status=422)
    return render(request, "workbench/import.html", context)
