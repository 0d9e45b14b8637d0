"""`yongzhou check`: what the house promises about its own shape, one validator a file, each finding with a remedy."""

from yongzhou.house.check.finding import Finding, Tree
from yongzhou.house.check.rules import RULES, check

__all__ = ["RULES", "Finding", "Tree", "check"]
