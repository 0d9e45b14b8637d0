"""Tables of jobs: the run as people see it, its resume cursor, the clock of periodic duties."""

from __future__ import annotations

from django.db import models

from yongzhou.core.crypto.identity import uuid7


class JobRun(models.Model):
    """One submitted job. Written on a connection of its own, so that progress is seen before the work commits."""

    class State(models.TextChoices):
        QUEUED = "queued", "排队"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        FAILED = "failed", "失败"
        CANCELLED = "cancelled", "已取消"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    operation = models.CharField("操作", max_length=100)
    input = models.JSONField("输入", default=dict)
    result = models.JSONField("结果", null=True)
    actor_id = models.UUIDField("提交人编号")
    actor_name = models.CharField("提交人", max_length=100, blank=True, default="")
    purpose = models.CharField("用途", max_length=100, null=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    done = models.BigIntegerField("已完成", default=0)
    total = models.BigIntegerField("总数", null=True)
    attempt = models.PositiveIntegerField("第几次", default=0)
    error = models.TextField("错误", blank=True, default="")
    log = models.JSONField("日志", default=list)  # lines {"at", "text"}, the newest 500
    cancel = models.BooleanField("请求取消", default=False)
    queue_id = models.BigIntegerField("队列编号", null=True)
    submitted_at = models.DateTimeField("提交时间")
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        db_table = "core_job_run"
        verbose_name = "后台任务"
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="core_job_run_state"),
            models.Index(fields=["actor_id", "submitted_at"], name="core_job_run_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.get_state_display()}"


class JobCursor(models.Model):
    """Where to go on after a kill; written in the transaction of the chunk, hence not a column of the run."""

    run_id = models.UUIDField(primary_key=True)
    cursor = models.JSONField()

    class Meta:
        db_table = "core_job_cursor"

    def __str__(self) -> str:
        return str(self.run_id)


class Duty(models.Model):
    """When a periodic duty last ran, and how it ended."""

    name = models.CharField("名称", max_length=100, primary_key=True)
    started_at = models.DateTimeField("最近开始")
    finished_at = models.DateTimeField("最近结束", null=True)
    error = models.TextField("错误", blank=True, default="")

    class Meta:
        db_table = "core_duty"
        verbose_name = "定期任务"

    def __str__(self) -> str:
        return self.name
