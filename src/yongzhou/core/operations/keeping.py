"""How inputs and answers of operations lie in the database: sealed whole, for any field may be a person's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from yongzhou.core.crypto import seal, unseal

CONTEXT: Final = "core.operation"


def sealed(document: Any) -> dict[str, str]:
    """A JSON document as it is kept: a proposal waiting for its second person, a queued job, an answer to a key."""
    return {"sealed": seal(json.dumps(document, ensure_ascii=False), CONTEXT)}


def opened(kept: Mapping[str, Any]) -> Any:
    """The document again; what was never sealed (a job of the house itself) as it stands."""
    return json.loads(unseal(kept["sealed"], CONTEXT)) if set(kept) == {"sealed"} else dict(kept)
