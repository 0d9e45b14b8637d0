"""Contract tests of events: a published version never changes, and a subscriber reads only what is promised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from yongzhou.core.bus.events import registered
from yongzhou.core.bus.subscriptions import matches, subscriptions

Schema = dict[str, JsonValue]
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_WORDS: Final = frozenset({"title", "description", "examples", "$schema", "$id"})  # may change: they bind nobody


def schemas() -> dict[tuple[str, int], Schema]:
    """JSON Schema (2020-12) of each event's data by (subject, version)."""
    return {
        (subject, version): {
            "$schema": _DRAFT,
            "$id": f"/events/{subject}/v{version}",
            **event.model_json_schema(mode="serialization"),
        }
        for (subject, version), event in registered().items()
    }


def file_name(subject: str, version: int) -> str:
    """Name of the committed schema of one version."""
    return f"{subject}.v{version}.json"


def export(folder: Path) -> list[Path]:
    """Write schemas that are not there yet; published ones are never overwritten. Returns the new files."""
    folder.mkdir(parents=True, exist_ok=True)
    new = []
    for (subject, version), schema in schemas().items():
        path = folder / file_name(subject, version)
        if not path.exists():
            path.write_text(json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
            new.append(path)
    return new


def broken_promises(folder: Path) -> list[str]:
    """Differences between the published schemas in `folder` and the classes, one Chinese sentence each."""
    problems = []
    now = {file_name(*key): schema for key, schema in schemas().items()}
    for path in sorted(folder.glob("*.json")):
        if path.name not in now:
            problems.append(f"{path.name}：已发布的事件版本不能删除，请恢复其声明。")
        elif _binding(json.loads(path.read_text())) != _binding(now[path.name]):
            problems.append(f"{path.name}：已发布版本的字段变了，请改回，另立新版本。")
    new = (name for name in sorted(now) if not (folder / name).exists())
    return problems + [f"{name}：新事件尚未发布，请导出其结构并提交。" for name in new]


def unkept_readings() -> list[str]:
    """Subscribers that read a field which a version of their subject does not promise, one Chinese sentence each.

    A field is promised if it is required there and its JSON type is the same; a field with a default may be absent.
    """
    problems = []
    for subscription in subscriptions().values():
        wanted = subscription.reads.model_json_schema(mode="validation")
        for (subject, version), offered in schemas().items():
            if not matches(subscription.subject, subject):
                continue
            for name in _texts(wanted.get("required")):
                here, there = _properties(wanted).get(name), _properties(offered).get(name)
                if there is None or name not in _texts(offered.get("required")):
                    problems.append(f"{subscription.durable}：{subject} v{version} 没有承诺字段 {name}。")
                elif _kind(here) != _kind(there):
                    problems.append(f"{subscription.durable}：{subject} v{version} 的字段 {name} 类型不同。")
    return problems


def _binding(schema: JsonValue, *, names: bool = False) -> JsonValue:
    """The schema without words; `names` where keys are field names (a field may be called title)."""
    if isinstance(schema, dict):
        return {
            key: _binding(value, names=key in {"properties", "$defs"} and not names)
            for key, value in schema.items()
            if names or key not in _WORDS
        }
    if isinstance(schema, list):
        return [_binding(value) for value in schema]
    return schema


def _properties(schema: Schema) -> dict[str, JsonValue]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _texts(value: JsonValue) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _kind(field: JsonValue) -> tuple[JsonValue, JsonValue]:
    """JSON type and format of a field; an enumeration is of its values' type."""
    if not isinstance(field, dict):
        return None, None
    return field.get("type"), field.get("format")
