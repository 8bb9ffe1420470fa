"""Joining by invitation: from the link in the letter to a password of one's own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import FormView

from waw_server.accounts import identities, invitations
from waw_server.accounts.models import User
from waw_server.web import links


@csrf_exempt  # it changes nothing, and a refusal would write the token to the log
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address, whatever the request."""
    del request
    return links.moved(token, "invitation")


def joined(request: HttpRequest) -> HttpResponse:
    """Say what to do with the new account."""
    return render(request, "web/doors/joined.html")


@method_decorator(never_cache, name="dispatch")
class Join(FormView):
    """Asks for a password, and then switches the account on."""

    form_class = SetPasswordForm
    template_name = "web/doors/join.html"
    person: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """See whose link it is, before anything is shown."""
        try:
            self.person = invitations.invited(links.carried(request), timezone.now())
            return super().dispatch(request, *args, **kwargs)
        except invitations.LinkOver:
            return links.dropped(render(request, "web/doors/link_over.html"), "invitation")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Have the validators compare the password with the person's own names."""
        return {**super().get_form_kwargs(), "user": self.person}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show for which address it is, and the other way in where there is one."""
        offers_oidc = identities.web_client() is not None
        return super().get_context_data(email=self.person.email, offers_oidc=offers_oidc, **kwargs)

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """Let them in."""
        invitations.join(
            token=links.carried(self.request),
            password=form.cleaned_data["new_password1"],
            now=timezone.now(),
        )
        return links.dropped(HttpResponseRedirect(reverse("invitation_done")), "invitation")
