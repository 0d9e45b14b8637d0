"""An operation's input as form controls, and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from pydantic import BaseModel, Field

from yongzhou.core.data.actor import NOBODY
from yongzhou.portals.workbench.inputs import collect, controls


class Pump(BaseModel):
    """One flag that may be left open, one that is yes or no."""

    on: bool | None = Field(default=None, title="开机")
    main: bool = Field(default=True, title="主责")


@pytest.mark.parametrize(
    ("sent", "on"), [({}, None), ({"on": ""}, None), ({"on": "true"}, True), ({"on": "false"}, False)]
)
def test_an_open_flag_is_neither_yes_nor_no_until_somebody_says_so(sent: dict[str, Any], on: bool | None) -> None:
    given = collect(RequestFactory().post("/", sent), Pump)
    assert Pump.model_validate(given) == Pump(on=on, main=False)
    drawn = {control.name: control for control in controls(Pump, NOBODY, given, None)}
    assert (drawn["on"].kind, drawn["main"].kind) == ("choice", "flag")
    chosen = [value for value, _ in drawn["on"].options if value == str(drawn["on"].value)]
    assert chosen == ([] if on is None else [sent["on"]])
