"""Where the next page of a collection starts, and the identity of a row."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from yongzhou.portals.sensorthings import observations
from yongzhou.portals.sensorthings.kinds import Kind
from yongzhou.portals.sensorthings.options import OptionError, Options
from yongzhou.portals.sensorthings.showing import observation_id, value_of
from yongzhou.portals.sensorthings.terms import as_uuid


def key_of(kind: Kind, row: object) -> object:
    """`@iot.id` of a row: a number for datastreams, text for all else."""
    if isinstance(row, dict) and kind.rows is None:
        return observation_id(row["datastream"], row["phenomenon"])
    value = value_of(row, kind.key)
    return str(value) if isinstance(value, UUID) else value


def _by_key(kind: Kind, options: Options) -> bool:
    """Whether the next page can start after the last row: ordered by the key alone."""
    if kind.rows is None:
        return observations.order_sql(options.order)[1]
    return not options.order


def following(kind: Kind, last: object, options: Options) -> str:
    if not _by_key(kind, options):
        return words(options, skip=options.skip + options.top)
    place = (
        [last["phenomenon"].isoformat(), last["datastream"]]
        if isinstance(last, dict) and kind.rows is None
        else [key_of(kind, last)]
    )
    token = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    return words(options, token=token)


def words(options: Options, *, skip: int = 0, token: str = "") -> str:
    """The options as they were written, with another place to start."""
    found = {name: value for name, value in options.written if name not in ("$skip", "$skiptoken")}
    if skip:
        found["$skip"] = str(skip)
    if token:
        found["$skiptoken"] = token
    return urlencode(found, safe="$(),;'/", quote_via=quote)


def position(text: str) -> list[object]:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise OptionError("$skiptoken", "不是 @iot.nextLink 给出的值", "not given by @iot.nextLink") from error
    if not isinstance(found, list) or not 1 <= len(found) <= 2:
        raise OptionError("$skiptoken", "不是 @iot.nextLink 给出的值", "not given by @iot.nextLink")
    return [*found, 0] if len(found) == 1 else found


def moment_of(text: object) -> datetime:
    found = parse_datetime(text) if isinstance(text, str) else None
    if found is None or found.tzinfo is None:
        raise OptionError("$skiptoken", "不是 @iot.nextLink 给出的值", "not given by @iot.nextLink")
    return found


def after(kind: Kind, options: Options) -> Q:
    value = position(options.token)[0]
    if not _by_key(kind, options):
        raise OptionError("$skiptoken", "与 $orderby 不合", "does not fit $orderby")
    if kind.key_type == "uuid":
        value = as_uuid(str(value))
    elif kind.key_type == "number":
        value = int(str(value)) if str(value).isdigit() else None
    if value is None:
        raise OptionError("$skiptoken", "不是 @iot.nextLink 给出的值", "not given by @iot.nextLink")
    return Q(**{f"{kind.key}__gt": value})
