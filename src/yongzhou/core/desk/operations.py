"""Jobs of the desk; loaded in every role."""

from __future__ import annotations

from yongzhou.core.desk import bulk, drafts
from yongzhou.core.jobs.registry import job

job("desk.bulk")(bulk.work)
job(drafts.JOB)(drafts.work)
