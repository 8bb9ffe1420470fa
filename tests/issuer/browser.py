"""A browser without a screen: it follows, fills in and sends what a person would."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import requests


def visit(url, login, *, until):
    """Sign in at the issuer and agree; return the address with which it sends the browser back.

    Args:
        url: Where the sign-in begins.
        login: As whom; None to cancel.
        until: How the address of the way back begins.
    """
    with requests.Session() as browser:
        browser.trust_env = False
        reply = browser.get(url, allow_redirects=False, timeout=10)
        for _ in range(15):
            if reply.is_redirect:
                url = urljoin(reply.url, reply.headers["Location"])
                if url.startswith(until):
                    return url
                reply = browser.get(url, allow_redirects=False, timeout=10)
            elif login is None:
                (abort,) = re.findall(r'href="([^"]*/abort)"', reply.text)
                url = urljoin(reply.url, abort)
                reply = browser.get(url, allow_redirects=False, timeout=10)
            else:
                reply = _sent(browser, reply, login)
    raise AssertionError(reply.text)


def _sent(browser, page, login):
    """Fill in the one form of a page and send it."""
    action = re.findall(r'<form[^>]*action="([^"]+)"', page.text)
    assert len(action) == 1, page.text
    fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', page.text))
    return browser.post(
        urljoin(page.url, html.unescape(action[0])),
        {**fields, "login": login, "password": "any"},
        allow_redirects=False,
        timeout=10,
    )
