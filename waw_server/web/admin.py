"""The admin for operators: who has an account and which devices; no blink data, ever."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from waw_server.accounts import second_step
from waw_server.accounts.models import User
from waw_server.blinks.models import Device

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
