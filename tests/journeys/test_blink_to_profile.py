"""One blink travels from a face to the profile query."""

from __future__ import annotations

import re
import shutil

from django.db.models import Sum
from django.utils import timezone

from waw_server.accounts.models import Consent
from waw_server.blinks.models import BlinkQuarter, Message

AGREED = ("--agree", "local-tracking", "--agree", "cloud-sync")
PORTRAIT = "portrait?fps=30&seconds=12&seed={seed}"


def stored(person):
    """Return the blinks the server has of somebody, by its messages and by its quarters."""
    messages = Message.objects.filter(user=person)
    quarters = BlinkQuarter.objects.filter(user=person).aggregate(Sum("blinks"))
    return sum(len(it.onsets_ms) for it in messages), quarters["blinks__sum"]


def test_what_was_painted_is_what_is_stored(server, tracked, alice):
    """Painted, detected, sealed, sent and summed: the same number everywhere."""
    report = tracked("--server", server, "--source", PORTRAIT.format(seed=7), *AGREED)

    assert report["painted"] == report["detected"] > 0
    assert stored(alice) == (report["painted"], report["painted"])
    assert (report["pending"], report["quarantined"], report["dropped"]) == (0, 0, 0)
    assert report["synced"] == report["messages_sealed"] == Message.objects.count() >= 3


def test_minutes_from_before_the_server_was_there_arrive_later(server, tracked, alice):
    """Two runs: the first keeps everything to itself, the second sends both."""
    portrait = PORTRAIT.format(seed=8)
    first = tracked("--server", server, "--offline", "--source", portrait, *AGREED)
    assert (first["synced"], first["pending"]) == (0, first["messages_sealed"])

    second = tracked("--server", server, "--source", PORTRAIT.format(seed=9), *AGREED)

    assert second["synced"] == first["messages_sealed"] + second["messages_sealed"]
    assert stored(alice)[0] == first["detected"] + second["detected"]


def test_consent_given_before_signing_in_covers_what_came_before(server, tracked, db):
    """The consent is sent first, with its own time, so nothing measured under it is refused."""
    from waw_server.accounts.models import User

    erin = User.objects.create_user("erin@example.com", "erin's password")
    portrait = PORTRAIT.format(seed=10)
    offline = tracked("--server", server, "--offline", "--source", portrait, *AGREED, person="erin")

    online = tracked("--server", server, "--source", portrait, *AGREED, person="erin")

    consent = Consent.objects.get(user=erin)
    assert consent.granted_at < timezone.now()
    assert Message.objects.filter(user=erin).count() == (
        offline["messages_sealed"] + online["messages_sealed"]
    )
    assert online["dropped"] == 0


def test_the_tracker_talks_to_its_server_and_to_nobody_else(server, tracked, alice, tmp_path):
    """Every connection of the whole process tree, by the kernel's word."""
    assert shutil.which("strace"), "strace is missing: apt-get install strace"
    trace = tmp_path / "trace"
    strace = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto", "-o", trace)

    tracked("--server", server, "--source", PORTRAIT.format(seed=7), *AGREED, prefix=strace)

    # AF_UNIX is the machine talking to itself, AF_NETLINK asks which addresses it has.
    addresses = re.findall(r"sa_family=AF_INET6?.*", trace.read_text())
    port = server.rpartition(":")[2]
    assert addresses
    assert [
        it
        for it in addresses
        if f'sin_port=htons({port}), sin_addr=inet_addr("127.0.0.1")' not in it
    ] == []
