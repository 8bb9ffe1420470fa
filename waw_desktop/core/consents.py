"""What a person agrees to, word for word, and which agreements are missing.

Nothing is agreed beforehand. An agreement holds for the words it was given to: when a
text changes, its hash changes, and the person is asked again. The same words in another
language are the same agreement.

There is a purpose here only once it can have an effect. Figures of a group and insights have
none, on any server: nothing computes them, so nobody is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What the person may agree to, each on its own."""

    LOCAL_TRACKING = "local-tracking"
    CLOUD_SYNC = "cloud-sync"


VERSION = 1  # of every text below, and named in its first line

TEXTS: Mapping[Purpose, str] = {
    Purpose.LOCAL_TRACKING: """\
Tracking on this computer (version 1)

The tracker looks at you through the camera and measures when you blink.
Pictures are used in memory for a fraction of a second and are never stored or sent.
What it keeps, on this computer only: when each blink began, how long it took and how
far the lids closed, how long your eyes could be seen, and how often they stayed shut.
It recognises nobody and draws no conclusion about mood, attention or performance.
You can stop at any time; nothing else depends on it.
""",
    Purpose.CLOUD_SYNC: """\
Sending your blinks to your account (version 1)

What the tracker keeps on this computer is also sent, encrypted on the way, to the
server that you signed in to, so that you can see your history there: when each blink
began, how long it took and how far the lids closed, how long your eyes could be seen,
and how often they stayed shut. No picture, no face and no name is sent with it.
Your employer cannot see your figures. You can export them, erase them and withdraw
this agreement at any time; tracking on this computer works without it.
""",
}


_GERMAN: Mapping[Purpose, str] = {
    Purpose.LOCAL_TRACKING: """\
Messen auf diesem Computer (Fassung 1)

Das Programm sieht Sie durch die Kamera und misst, wann Sie blinzeln.
Bilder werden für den Bruchteil einer Sekunde im Arbeitsspeicher verwendet und nie
gespeichert oder gesendet.
Was es behält, nur auf diesem Computer: wann jeder Lidschlag begann, wie lange er dauerte
und wie weit sich die Lider schlossen, wie lange Ihre Augen zu sehen waren und wie oft sie
geschlossen blieben.
Es erkennt niemanden und schließt nicht auf Stimmung, Aufmerksamkeit oder Leistung.
Sie können jederzeit aufhören; nichts anderes hängt davon ab.
""",
    Purpose.CLOUD_SYNC: """\
Senden Ihrer Lidschläge an Ihr Konto (Fassung 1)

Was das Programm auf diesem Computer behält, wird auf dem Weg verschlüsselt auch an den
Server gesendet, bei dem Sie sich angemeldet haben, damit Sie dort Ihren Verlauf sehen:
wann jeder Lidschlag begann, wie lange er dauerte und wie weit sich die Lider schlossen,
wie lange Ihre Augen zu sehen waren und wie oft sie geschlossen blieben. Kein Bild, kein
Gesicht und kein Name wird damit gesendet.
Ihr Arbeitgeber kann Ihre Werte nicht sehen. Sie können sie jederzeit mitnehmen, löschen
und diese Zustimmung widerrufen; das Messen auf diesem Computer geht auch ohne sie.
""",
}

LOCALES: Mapping[str, Mapping[Purpose, str]] = {"en": TEXTS, "de": _GERMAN}


@dataclass(frozen=True, slots=True)
class Agreement:
    """One act of agreeing, and of withdrawing it later.

    Attributes:
        purpose: What was agreed to.
        account: Whose data it is about; empty for what stays on this computer.
        text_sha256: Hash of the words that were shown.
        agreed_at: When, aware UTC.
        version: Of the words.
        locale: Language of the words.
        withdrawn_at: When it was withdrawn, aware UTC; None while it is in force.
        is_withdrawal_told: Whether the server has heard of that.
    """

    purpose: Purpose
    account: str
    text_sha256: str
    agreed_at: datetime
    version: int = VERSION
    locale: str = "en"
    withdrawn_at: datetime | None = None
    is_withdrawal_told: bool = False


def cloud_account(email: str, server_url: str) -> str:
    """Return what an agreement to cloud sync is about: one account on one server."""
    return f"{email} at {server_url}"


def words(purpose: Purpose, locale: str) -> str:
    """Return the present words of a purpose in a language, in English if there are none in it."""
    return LOCALES.get(locale, TEXTS)[purpose]


def text_sha256(purpose: Purpose, locale: str = "en") -> str:
    """Return the hash that names the present words of a purpose, in hexadecimal."""
    return hashlib.sha256(words(purpose, locale).encode()).hexdigest()


def agree(purpose: Purpose, account: str, now: datetime, locale: str = "en") -> Agreement:
    """Return the agreement to the present words of a purpose, as they were shown."""
    shown = locale if locale in LOCALES else "en"
    return Agreement(purpose, account, text_sha256(purpose, shown), now, VERSION, shown)


def in_force(purpose: Purpose, account: str, agreements: Iterable[Agreement]) -> Agreement | None:
    """Return the agreement to the present words, or None if the person must be asked."""
    present = {text_sha256(purpose, locale) for locale in LOCALES}
    for it in agreements:
        is_about_it = (it.purpose, it.account) == (purpose, account)
        if is_about_it and it.withdrawn_at is None and it.text_sha256 in present:
            return it
    return None


def withdrawn(
    purpose: Purpose, account: str, agreements: Iterable[Agreement], now: datetime
) -> list[Agreement]:
    """Return the agreements with those to a purpose withdrawn, to older words too."""
    return [
        replace(it, withdrawn_at=now)
        if (it.purpose, it.account) == (purpose, account) and it.withdrawn_at is None
        else it
        for it in agreements
    ]


def is_to_tell(account: str, agreements: Iterable[Agreement]) -> bool:
    """Return whether the server has yet to hear that sending to an account was withdrawn."""
    return any(_is_untold(it, account) for it in agreements)


def told(account: str, agreements: Iterable[Agreement]) -> list[Agreement]:
    """Return the agreements once the server has heard of all that was withdrawn."""
    return [
        replace(it, is_withdrawal_told=True) if _is_untold(it, account) else it for it in agreements
    ]


def _is_untold(it: Agreement, account: str) -> bool:
    is_withdrawn = it.withdrawn_at is not None and not it.is_withdrawal_told
    return (it.purpose, it.account) == (Purpose.CLOUD_SYNC, account) and is_withdrawn


def missing(
    needed: Sequence[tuple[Purpose, str]], agreements: Sequence[Agreement]
) -> list[Purpose]:
    """Return the purposes among those needed, each with its account, to ask about."""
    return [
        purpose for purpose, account in needed if in_force(purpose, account, agreements) is None
    ]
