"""Nothing is agreed beforehand, and changed words are asked about anew."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from waw_desktop.core.consents import TEXTS, Purpose, agree, in_force, missing, text_sha256

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALICE = "alice@example.org"
LOCAL = (Purpose.LOCAL_TRACKING, "")
CLOUD = (Purpose.CLOUD_SYNC, ALICE)


@pytest.mark.parametrize(
    ("_case", "given", "asked"),
    [
        ("nothing agreed", [], [Purpose.LOCAL_TRACKING, Purpose.CLOUD_SYNC]),
        ("one of two", [agree(*LOCAL, NOW)], [Purpose.CLOUD_SYNC]),
        ("both", [agree(*LOCAL, NOW), agree(*CLOUD, NOW)], []),
        (
            "another person's",
            [agree(*LOCAL, NOW), agree(Purpose.CLOUD_SYNC, "bob@example.org", NOW)],
            [Purpose.CLOUD_SYNC],
        ),
        (
            "to older words",
            [replace(agree(*LOCAL, NOW), text_sha256="0" * 64), agree(*CLOUD, NOW)],
            [Purpose.LOCAL_TRACKING],
        ),
    ],
)
def test_missing(_case, given, asked):
    """A purpose is asked about until its present words were agreed to for this account."""
    assert missing([LOCAL, CLOUD], given) == asked


def test_in_force():
    """The agreement itself says when it was given."""
    given = agree(*CLOUD, NOW)

    assert in_force(*CLOUD, [given]) == given
    assert given.agreed_at == NOW


@pytest.mark.parametrize("purpose", Purpose)
def test_the_hash_names_the_words(purpose):
    """The hash is that of exactly the words that are shown."""
    assert text_sha256(purpose) == hashlib.sha256(TEXTS[purpose].encode()).hexdigest()


@pytest.mark.parametrize(
    ("purpose", "words_sha256"),
    [
        (
            Purpose.LOCAL_TRACKING,
            "1c4adaeaf2cb13f7d499cbd323df2ba3a2e51b981e920721804e38668f578e4d",
        ),
        (Purpose.CLOUD_SYNC, "0de5be4a2313008cd9d6a2bd495d0345b77ed367f9072106e372b1ad4f04740a"),
    ],
)
def test_words_do_not_change_unnoticed(purpose, words_sha256):
    """Whoever changes a text raises its version and this hash, and all are asked again."""
    assert text_sha256(purpose) == words_sha256
