"""A new password for whoever forgot theirs: ask for a letter, follow its link, choose."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import FormView

from waw_server.accounts import resets
from waw_server.accounts.models import User
from waw_server.web import letters, links

PAUSE_S = 300  # between two letters to the same person: nobody's mailbox is filled from here


class AddressForm(forms.Form):
    """Asks for the address of an account."""

    email = forms.EmailField(
        label="Your e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class Ask(FormView):
    """Takes an address, and says the same whether there is an account with it or not."""

    form_class = AddressForm
    template_name = "web/doors/reset.html"
    success_url = reverse_lazy("password_reset_sent")

    def form_valid(self, form: AddressForm) -> HttpResponse:
        """Have a letter sent, if there is somebody to send it to."""
        begun = resets.begin(form.cleaned_data["email"])
        if begun is not None and cache.add(f"reset-{begun[0].pk}", 1, PAUSE_S):
            user, carried = begun
            letters.send_reset(self.request, user.email, carried)
        return super().form_valid(form)


def sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next, to whoever asked."""
    return render(request, "web/doors/reset_sent.html")


@csrf_exempt  # it changes nothing, and a refusal would write the token to the log
def arrive(request: HttpRequest, carried: str) -> HttpResponse:
    """Take the token out of the address, whatever the request."""
    del request
    return links.moved(carried, "password_reset_new")


def done(request: HttpRequest) -> HttpResponse:
    """Say that the new password counts."""
    return render(request, "web/doors/reset_done.html")


@method_decorator(never_cache, name="dispatch")
class Choose(FormView):
    """Asks for the new password, and then ends every session that began with the old one."""

    form_class = SetPasswordForm
    template_name = "web/doors/join.html"
    person: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """See whose link it is, before anything is shown."""
        try:
            self.person = resets.asked(links.carried(request))
            return super().dispatch(request, *args, **kwargs)
        except resets.ResetOver:
            return links.dropped(render(request, "web/doors/link_over.html"), "password_reset_new")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Have the validators compare the password with the person's own names."""
        return {**super().get_form_kwargs(), "user": self.person}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show for which address it is."""
        return super().get_context_data(email=self.person.email, **kwargs)

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Set it."""
        resets.finish(
            carried=links.carried(self.request),
            password=form.cleaned_data["new_password1"],
        )
        to = HttpResponseRedirect(reverse("password_reset_done"))
        return links.dropped(to, "password_reset_new")
