"""工作台: pages of every record and operation, derived from their declarations."""
