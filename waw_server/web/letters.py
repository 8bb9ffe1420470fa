"""What is sent by e-mail: plain text, no pictures, nothing that reports its reading."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from waw_server.accounts.invitations import Invited

logger = logging.getLogger(__name__)
# One letter after the other, while whoever asked has their answer already.
POST = ThreadPoolExecutor(1, thread_name_prefix="waw-post")


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


def send_reset(request: HttpRequest, to: str, carried: str) -> None:
    """Send somebody a link to a new password, after the answer to the request.

    How long a mail server takes would tell whether there is an account with the address.

    Args:
        request: By the name of whose host the link leads here.
        to: The address.
        carried: What the link carries.
    """
    link = request.build_absolute_uri(reverse("password_reset_link", args=[carried]))
    body = render_to_string("web/doors/reset.txt", {"link": link})
    POST.submit(_send_or_log, to, "A new password for Wellness at Work", body)


def _send_or_log(to: str, subject: str, body: str) -> None:
    try:
        _send(to, subject, body)
    except NotSent as error:
        logger.error("A letter for a new password was not sent: %s.", error)  # noqa: TRY400 - the traceback holds the address


def _send(to: str, subject: str, body: str) -> None:
    try:
        EmailMessage(subject, body, to=[to]).send()
    except SMTPException as error:
        raise NotSent("the mail server does not take the letter") from error
    except OSError as error:
        raise NotSent("the mail server does not answer") from error
