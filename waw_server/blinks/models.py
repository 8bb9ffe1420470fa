"""Devices, their messages, and the quarter-hours that sum them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Device(models.Model):
    """A tracker's installation, as its person names it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    # Chosen by the device, so unique for its person only: else one person's id could block,
    # or confirm, another's.
    device_id = models.UUIDField()
    name = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    latest_sync_at = models.DateTimeField(null=True)
    watermark = models.BigIntegerField(
        db_default=0, help_text="Every message up to this number has arrived."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "device_id"], name="one_device_id_a_person")
        ]

    def __str__(self) -> str:
        return self.name or str(self.device_id)


class Message(models.Model):
    """One sealed minute of one device; stored once, never changed."""

    pk = models.CompositePrimaryKey("user_id", "message_id")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="messages",
        db_index=False,
    )
    message_id = models.UUIDField(help_text="Made by the device: the idempotency key.")
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.BigIntegerField()
    started_at = models.DateTimeField(help_text="Corrected for the device's clock.")
    device_started_at = models.DateTimeField(help_text="As the device's clock said.")
    received_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    seen_ms = models.IntegerField()
    fps_mean = models.FloatField()
    long_closures = models.SmallIntegerField()
    closed_ms = models.IntegerField()
    partial_blinks = models.SmallIntegerField()
    onsets_ms = ArrayField(models.IntegerField())
    durations_ms = ArrayField(models.SmallIntegerField())
    closures = ArrayField(models.SmallIntegerField(), help_text="Percent of the range.")
    payload_hash = models.BinaryField(max_length=16)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "seq"], name="one_message_a_number")
        ]
        indexes: ClassVar = [models.Index(fields=["user", "started_at"], name="message_by_time")]

    def __str__(self) -> str:
        return str(self.message_id)


class BlinkQuarter(models.Model):
    """What one device saw in one quarter of an hour: the sum of its messages."""

    pk = models.CompositePrimaryKey("user_id", "quarter_start", "device_id")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="quarters",
        db_index=False,
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="quarters")
    quarter_start = models.DateTimeField(help_text="UTC; a multiple of 15 minutes.")
    messages = models.IntegerField()
    blinks = models.IntegerField()
    partial_blinks = models.IntegerField()
    blink_ms = models.IntegerField(help_text="Sum of the blinks' durations.")
    long_closures = models.IntegerField()
    closed_ms = models.IntegerField()
    seen_ms = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.quarter_start}"
