"""English by a switch: the catalogue is whole for what pages and scripts say, and compiled as it is written."""

from __future__ import annotations

import io
import re
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.translation import gettext

import yongzhou
from yongzhou.portals.look.middleware import Language
from yongzhou.portals.look.spoken import SAID

PACKAGE = Path(yongzhou.__file__ or "").parent if yongzhou.__file__ else Path(next(iter(yongzhou.__path__)))
CATALOGUE = PACKAGE / "locale" / "en" / "LC_MESSAGES"


def catalogue() -> set[str]:
    with (CATALOGUE / "django.po").open("rb") as file:
        return {str(message.id) for message in read_po(file, locale="en") if message.id and message.string}


def test_every_text_of_the_workbench_and_of_the_scripts_has_its_english() -> None:
    said = set(SAID)
    for template in (PACKAGE / "portals").rglob("*.html"):
        said |= set(re.findall(r'\{% t "([^"]+)"', template.read_text(encoding="utf-8")))
    assert said - catalogue() == set()


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    out = io.BytesIO()
    with (CATALOGUE / "django.po").open("rb") as file:
        write_mo(out, read_po(file, locale="en"))
    assert (CATALOGUE / "django.mo").read_bytes() == out.getvalue(), "pybabel compile -D django -d src/yongzhou/locale"


def test_the_cookie_alone_decides_the_language() -> None:
    def said(**headers: str) -> str:
        request = RequestFactory(headers=headers).get("/desk/")
        return Language(lambda _: HttpResponse(gettext("保存")))(request).content.decode()

    assert said(accept_language="en") == "保存"
    request = RequestFactory().get("/desk/")
    request.COOKIES["yz_lang"] = "en"
    assert Language(lambda _: HttpResponse(gettext("保存")))(request).content.decode() == "Save"


def test_a_title_without_english_stays_chinese() -> None:
    request = RequestFactory().get("/desk/")
    request.COOKIES["yz_lang"] = "en"
    assert Language(lambda _: HttpResponse(gettext("没有译名的记录")))(request).content.decode() == "没有译名的记录"
