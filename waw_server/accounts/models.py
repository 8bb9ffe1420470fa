"""People, their device sessions and their consents."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower, Now
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Makes people; an e-mail address is kept in lower case, so that it names one person."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Store a person; without a password they cannot sign in with one."""
        user = self.model(email=self.model.normalize_username(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Store an operator, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person with an e-mail address, in whatever case it was typed."""
        return self.get(email=self.model.normalize_username(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=80, blank=True)
    is_active = models.BooleanField(
        default=True, help_text="Off: every session ends at once and no new one begins."
    )
    is_staff = models.BooleanField(default=False, help_text="May open this admin.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_lower")
        ]

    def __str__(self) -> str:
        return self.email

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the person; a new password, or being switched off, ends every session.

        It is here and not beside the forms, because the admin, its own page for passwords and
        `manage.py changepassword` all come by. The row is locked first, so that a sign-in with
        the old password has either begun its session, which ends, or finds the new one.
        """
        reason = self._reason_to_end(kwargs.get("update_fields"))
        super().save(*args, **kwargs)
        if reason:
            self.sessions.filter(revoked_at=None).update(
                revoked_at=timezone.now(), revoked_reason=reason
            )

    def _reason_to_end(self, update_fields: Collection[str] | None) -> str:
        """Return why the sessions end with what is about to be stored; empty if they go on."""
        before = User.objects.select_for_update(no_key=True).filter(pk=self.pk).first()
        if before is None:
            return ""
        stored = {"is_active", "password"} if update_fields is None else set(update_fields)
        if "is_active" in stored and before.is_active and not self.is_active:
            return "switched off"
        is_new = "password" in stored and before.password != self.password
        return "password changed" if is_new and not self._is_renewal(stored) else ""

    def _is_renewal(self, stored: set[str]) -> bool:
        """Return whether Django stores a hash of today's parameters, as it does at sign-in.

        It does so by just this call, and the password stays the same.
        """
        typed = self._password  # type: ignore[attr-defined]  # Django's, and not in its stubs
        return typed is None and self.has_usable_password() and stored == {"password"}

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Return an e-mail address as it is kept; forms call this before they look for others."""
        return super().normalize_username(username).strip().lower()


class AuthCache(models.Model):
    """One device session: a family of refresh tokens, of which only hashes are kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    device_id = models.UUIDField(help_text="The device that trackBlink writes for.")
    device_name = models.CharField(max_length=80, blank=True)
    generation = models.PositiveIntegerField(default=0)
    current_hash = models.BinaryField(max_length=32)
    previous_hash = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} on {self.device_name or self.device_id}"


class Invitation(models.Model):
    """One letter that lets somebody choose a password: its link works once, and not for ever.

    Rows stay when they have ended, so that it can be told who was let in, when and by whom.
    """

    class Ending(models.TextChoices):
        """Why the link works no longer, where that is not its age."""

        USED = "used", "Used"
        REPLACED = "replaced", "Replaced by a later one"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    secret_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When the mail server took the letter.")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(ended_at=None),
                name="one_invitation_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ending="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ending="")),
                name="an_ended_invitation_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.user_id}"


class OidcIdentity(models.Model):
    """Who somebody is at an issuer of OpenID Connect.

    The subject is for good there; an e-mail address may be given to another person later, so it
    counts for the first sign-in only, and one person has one subject at each issuer.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)  # OpenID Connect Core, 2: at most 255 characters
    linked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_a_subject"),
            models.UniqueConstraint(fields=["user", "issuer"], name="one_subject_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.issuer}"


class Tombstone(models.Model):
    """A device session of somebody who was erased, and nothing else about them.

    A device that was offline meanwhile shows its refresh token and is told. The hash of 256
    random bits leads back to nobody.
    """

    refresh_hash = models.BinaryField(max_length=32, primary_key=True)

    def __str__(self) -> str:
        return bytes(self.refresh_hash).hex()


class Consent(models.Model):
    """What somebody agreed to: written once, and once more when it is withdrawn."""

    class Purpose(models.TextChoices):
        """What the consent is for."""

        CLOUD_SYNC = "cloud_sync", "Keep my minutes on the server"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose)
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the wording agreed to.")
    granted_at = models.DateTimeField(help_text="On the person's device, clock corrected.")
    withdrawn_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "purpose"],
                condition=models.Q(withdrawn_at=None),
                name="one_consent_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None)
                | models.Q(withdrawn_at__gte=models.F("granted_at")),
                name="consent_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.purpose} from {self.granted_at}"
