"""Digital Yongzhou (数字永州): a prefecture-level city's digital systems on one kernel."""

__version__ = "0.1.0"
