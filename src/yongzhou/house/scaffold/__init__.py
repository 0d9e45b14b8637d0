"""The skeleton of a new system: a record, an operation, a pure function, samples, a quality file, tests; all green."""

from yongzhou.house.scaffold.write import ScaffoldError, begin

__all__ = ["ScaffoldError", "begin"]
