"""What is sent by e-mail: plain text, no pictures, nothing that reports its reading."""

from __future__ import annotations

from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from waw_server.accounts.invitations import Invited


class NotSent(Exception):
    """The mail server cannot be reached, or does not take the letter; the text says which."""


def send_invitation(request: HttpRequest, invited: Invited) -> None:
    """Send somebody their link.

    Raises:
        NotSent: If the mail server did not take it.
    """
    link = request.build_absolute_uri(reverse("invitation_link", args=[invited.token]))
    _send(
        invited.user.email,
        "Your account at Wellness at Work",
        render_to_string(
            "web/doors/invitation.txt",
            {"name": invited.user.display_name, "link": link, "until": invited.expires_at},
        ),
    )


def _send(to: str, subject: str, body: str) -> None:
    try:
        EmailMessage(subject, body, to=[to]).send()
    except SMTPException as error:
        raise NotSent("the mail server does not take the letter") from error
    except OSError as error:
        raise NotSent("the mail server does not answer") from error
