"""The admin's doors: a password, and then a code from an authenticator."""

from __future__ import annotations

from typing import Any

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from waw_server.accounts import second_step
from waw_server.accounts.models import User
from waw_server.accounts.second_step import Passed, TooManyTries, WrongCode


class CodeForm(forms.Form):
    """A code, of either kind, as it was typed."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class TwoStepSite(AdminSite):
    """Django's admin for those who have also passed the second step in this session."""

    index_template = "web/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether somebody has taken both steps, where two are asked for."""
        return super().has_permission(request) and (
            not settings.ADMIN_TOTP or getattr(request.user, "otp_device", None) is not None
        )

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return Django's pages and the two of the second step."""
        return [
            path("second-step/", never_cache(csrf_protect(self.second_step)), name="second_step"),
            path("backup-codes/", self.admin_view(self.backup_codes), name="backup_codes"),
            *super().get_urls(),
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the password, or pass on whoever has just given it."""
        if request.method == "GET" and self._is_half_in(request):
            where = reverse("admin:second_step", current_app=self.name)
            return redirect_to_login(_next(request), where)
        return super().login(request, extra_context)

    def second_step(self, request: HttpRequest) -> HttpResponse:
        """Ask for a code, or show how to set up what makes them."""
        if not self._is_half_in(request):
            return HttpResponseRedirect(_next(request))
        if "leave" in request.POST:
            logout(request)
            return HttpResponseRedirect(reverse("admin:login", current_app=self.name))
        user = _person(request)
        is_enrolled = second_step.is_enrolled(user)
        form = CodeForm(request.POST or None)
        if form.is_valid():
            take = second_step.passed if is_enrolled else second_step.enrol
            try:
                done = take(user, form.cleaned_data["code"])
            except WrongCode:
                form.add_error("code", "This is not the code. Each is good once, and not for long.")
            except TooManyTries as error:
                until = date_format(error.until, "H:i:s")
                form.add_error("code", f"Too many wrong codes: none is taken until {until} UTC.")
            else:
                return self._let_in(request, done, is_new=not is_enrolled)
        return self._asked(request, form, is_enrolled=is_enrolled)

    def backup_codes(self, request: HttpRequest) -> HttpResponse:
        """Make new backup codes, shown this once."""
        codes = second_step.new_backup_codes(_person(request)) if request.method == "POST" else []
        context = {**self.each_context(request), "title": "Backup codes", "codes": codes}
        return TemplateResponse(request, "web/backup_codes.html", context)

    def _is_half_in(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not self.has_permission(request)

    def _asked(self, request: HttpRequest, form: CodeForm, *, is_enrolled: bool) -> HttpResponse:
        context = {**self.each_context(request), "title": "Second step", "form": form}
        if not is_enrolled:
            url = second_step.begun(_person(request)).config_url
            picture = segno.make(url, error="m").svg_inline(scale=4, dark="#000", light="#fff")
            context |= {"picture": picture, "key": _readable(url)}
        return TemplateResponse(request, "web/second_step.html", context)

    def _let_in(self, request: HttpRequest, done: Passed, *, is_new: bool) -> HttpResponse:
        request.session.cycle_key()  # what this session may do has grown
        django_otp.login(request, done.device)
        if is_new:
            codes = second_step.new_backup_codes(_person(request))
            context = {**self.each_context(request), "title": "Backup codes", "codes": codes}
            return TemplateResponse(request, "web/backup_codes.html", context)
        if not done.backup_codes_left:
            messages.warning(request, "You have no backup codes left: make new ones.")
        return HttpResponseRedirect(_next(request))


def _person(request: HttpRequest) -> User:
    """Return who is signed in, as themselves and not as the middleware's promise of them."""
    return User.objects.get_by_natural_key(request.user.get_username())


def _next(request: HttpRequest) -> str:
    """Return where they were going, if that is here."""
    where = request.GET.get(REDIRECT_FIELD_NAME, "")
    is_ours = url_has_allowed_host_and_scheme(
        where, {request.get_host()}, require_https=request.is_secure()
    )
    return where if is_ours else reverse("admin:index")


def _readable(url: str) -> str:
    """Return the key that an `otpauth:` address carries, in groups of four to type."""
    key = url.partition("secret=")[2].partition("&")[0]
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
