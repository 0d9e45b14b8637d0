"""Synthetic history by mass load: deterministic, marked `synthetic`, never the last ten minutes."""
