"""The admin for operators: who has an account and which devices; no blink data, ever."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from waw_server.accounts import invitations, second_step
from waw_server.accounts.invitations import Invited
from waw_server.accounts.models import Invitation, User
from waw_server.blinks.models import Device
from waw_server.privacy import erase
from waw_server.web import letters

# django-otp would list the keys of authenticators; who lost theirs is helped by an action below.
admin.site.unregister([TOTPDevice, StaticDevice])

admin.site.site_header = admin.site.site_title = "Wellness at Work"
admin.site.index_title = "People and devices"


class NewPersonForm(AdminUserCreationForm):
    """Adds a person by e-mail address."""

    class Meta:
        model = User
        fields = ("email", "display_name")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People: name, whether they may sign in, and their role."""

    add_form = NewPersonForm
    list_display = ("email", "display_name", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "display_name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "display_name", "password")}),
        ("Role", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "display_name", "usable_password", "password1", "password2")},
        ),
    )
    filter_horizontal = ("groups",)
    actions = ("reset_second_step",)

    @admin.action(
        description="Reset the second step: they set up an authenticator anew",
        permissions=["change"],
    )
    def reset_second_step(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Help whoever lost their authenticator; nobody resets their own."""
        others = people.exclude(email=request.user.get_username())
        for person in others:
            second_step.forget(person)
            self.log_change(request, person, "Second step reset.")
        self.message_user(
            request, f"{len(others)} will set up an authenticator at their next step."
        )

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Erase them as they would themselves, so that their devices are told."""
        del request
        erase(user_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Erase each of them."""
        del request
        for user_id in list(queryset.values_list("pk", flat=True)):
            erase(user_id=user_id)


class InvitationForm(forms.ModelForm):
    """Asks whom to invite."""

    email = forms.EmailField()
    display_name = forms.CharField(max_length=80, required=False)

    class Meta:
        model = Invitation
        fields = ()

    def clean_email(self) -> str:
        """Refuse whoever has an account of their own."""
        email = User.normalize_username(self.cleaned_data["email"])
        known = User.objects.filter(email=email).first()
        if known is not None and invitations.has_joined(known):
            raise forms.ValidationError("This person has an account already.")
        return email


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Who was invited, by whom, and how far it has come; nothing of it is changed or deleted."""

    form = InvitationForm
    list_display = ("email", "state", "invited_by", "created_at", "expires_at")
    list_select_related = ("user", "invited_by")
    search_fields = ("user__email", "user__display_name")
    ordering = ("-created_at",)
    actions = ("send_again", "withdraw")

    @admin.display(description="E-mail", ordering="user__email")
    def email(self, it: Invitation) -> str:
        """Show whom it is for."""
        return it.user.email

    @admin.display(description="State")
    def state(self, it: Invitation) -> str:
        """Show how far it has come."""
        return invitations.state(it, timezone.now())

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        """Ask for an address and a name; show what became of it."""
        del request
        if obj is None:
            return ("email", "display_name")
        times = ("created_at", "expires_at", "sent_at", "ended_at")
        return ("email", "state", "invited_by", *times)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Invitation | None = None
    ) -> tuple[str, ...]:
        """What was sent stays as it was."""
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """The list tells what happened."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """The list tells what happened."""
        del request, obj
        return False

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: InvitationForm, change: object
    ) -> None:
        """Invite somebody, and send the letter once that is stored."""
        del change
        invited = invitations.invite(
            email=form.cleaned_data["email"],
            display_name=form.cleaned_data["display_name"],
            by=_operator(request),
            now=timezone.now(),
        )
        obj.pk, obj.user = invited.invitation_id, invited.user
        transaction.on_commit(partial(self._send, request, invited))

    @admin.action(description="Send a new link; the former one works no longer")
    def send_again(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        """Invite those anew who have not joined yet."""
        for person in User.objects.filter(invitations__in=chosen).distinct():
            try:
                invited = invitations.invite(
                    email=person.email, display_name="", by=_operator(request), now=timezone.now()
                )
            except invitations.AlreadyJoined:
                self.message_user(request, f"{person} has joined already.", messages.WARNING)
            else:
                self._note(request, invited.invitation_id, "Sent a new link.")
                self._send(request, invited)

    @admin.action(description="Withdraw")
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        """End those that are in force."""
        now = timezone.now()
        ended = [
            pk
            for pk in chosen.values_list("pk", flat=True)
            if invitations.withdraw(invitation_id=pk, now=now)
        ]
        for pk in ended:
            self._note(request, pk, "Withdrew it.")
        self.message_user(request, f"{len(ended)} withdrawn.")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer them to those who may invite."""
        return super().get_actions(request) if self.has_add_permission(request) else {}

    def _send(self, request: HttpRequest, invited: Invited) -> None:
        try:
            letters.send_invitation(request, invited)
        except letters.NotSent as error:
            self.message_user(
                request,
                f"The invitation of {invited.user} is kept, but its letter was not sent: {error}."
                " When e-mail works again, choose it here and send a new link.",
                messages.ERROR,
            )
        else:
            invitations.note_sent(invited.invitation_id, timezone.now())
            self.message_user(request, f"A link was sent to {invited.user}.", messages.SUCCESS)

    def _note(self, request: HttpRequest, invitation_id: UUID, what: str) -> None:
        """Write it into the admin's own history."""
        self.log_change(request, Invitation.objects.get(pk=invitation_id), what)


def _operator(request: HttpRequest) -> User:
    """Return who is signed in, as themselves and not as the middleware's promise of them."""
    return User.objects.get(pk=str(request.user.pk))


@admin.register(Device)
class DeviceAdmin(admin.ModelAdmin):
    """Devices, read only.

    When a device last synced says when its person was at work, so it is not shown.
    """

    list_display = ("name", "user", "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    fields = readonly_fields = ("user", "name", "device_id", "created_at")
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Devices make themselves known."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        """What a device is called is its person's to say."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        """Deleting one would take its person's messages along."""
        del request, obj
        return False
