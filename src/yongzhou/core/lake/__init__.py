"""The lake: observations, raw frames and the reader's position, in DuckLake. One DuckDB a process.

Telemetry appends, web reads, the worker maintains; all at the same moment. No Django here.
"""

from yongzhou.core.lake.lake import Lake, connect
from yongzhou.core.lake.maintenance import Maintained
from yongzhou.core.lake.tables import FRAME, OBSERVATION, LakeError

__all__ = ["FRAME", "OBSERVATION", "Lake", "LakeError", "Maintained", "connect"]
