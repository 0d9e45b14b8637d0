"""Work outside of the request: long operations with progress, cancel and resume, and periodic duties of the house."""

from yongzhou.core.jobs.periodic import every
from yongzhou.core.jobs.registry import job

__all__ = ["every", "job"]
