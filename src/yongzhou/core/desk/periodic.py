"""Duties of the desk: the palette's index follows the records; sheets do not stay."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from yongzhou.core.desk import drafts, hits
from yongzhou.core.desk.models import Bulk, Undoable
from yongzhou.core.jobs import every

KEEP = timedelta(days=30)


@every(5, "desk.hits")
def follow() -> None:
    """New records are found within seconds."""
    hits.refresh()


@every(3600, "desk.forget")
def forget() -> None:
    """Uploaded sheets after a day, outcomes of bulk runs after a month, what can no longer be undone."""
    drafts.forget_old()
    Bulk.objects.filter(at__lt=timezone.now() - KEEP).delete()
    Undoable.objects.filter(at__lt=timezone.now() - timedelta(days=2)).delete()
