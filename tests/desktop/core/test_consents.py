"""Nothing is agreed beforehand, and changed words are asked about anew."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from waw_desktop.core.consents import (
    LOCALES,
    VERSION,
    Purpose,
    agree,
    in_force,
    is_to_tell,
    missing,
    text_sha256,
    told,
    withdrawn,
    words,
)

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


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("purpose", Purpose)
def test_the_hash_names_the_words(purpose, locale):
    """The hash is that of exactly the words that are shown; they name their version."""
    shown = words(purpose, locale)

    assert text_sha256(purpose, locale) == hashlib.sha256(shown.encode()).hexdigest()
    assert f" {VERSION})" in shown.splitlines()[0]


@pytest.mark.parametrize(("wanted", "locale"), [("en", "en"), ("de", "de"), ("fi", "en")])
def test_words_in_ones_language(wanted, locale):
    """Where there are none in it, English is shown, and remembered as what was shown."""
    it = agree(*CLOUD, NOW, wanted)

    assert (it.locale, it.version) == (locale, VERSION)
    assert it.text_sha256 == text_sha256(Purpose.CLOUD_SYNC, locale)
    assert words(Purpose.CLOUD_SYNC, wanted) == LOCALES[locale][Purpose.CLOUD_SYNC]
    assert in_force(*CLOUD, [it]) == it


def test_withdrawing():
    """It ends the one purpose of the one account; the time stays at which it was first done."""
    others = [agree(*LOCAL, NOW), agree(Purpose.CLOUD_SYNC, "bob@example.org", NOW)]
    older = replace(agree(*CLOUD, NOW), text_sha256="0" * 64)

    once = withdrawn(*CLOUD, [*others, older, agree(*CLOUD, NOW)], NOW)
    twice = withdrawn(*CLOUD, once, NOW.replace(hour=10))

    assert once[:2] == others
    assert [it.withdrawn_at for it in twice[2:]] == [NOW, NOW]
    assert in_force(*CLOUD, once) is None
    again = [*once, agree(*CLOUD, NOW.replace(hour=11))]
    assert in_force(*CLOUD, again) == again[-1]


def test_telling_of_it():
    """The server hears of each withdrawal once, and of no other purpose's."""
    given = [agree(*LOCAL, NOW), agree(*CLOUD, NOW)]
    after = withdrawn(*CLOUD, withdrawn(*LOCAL, given, NOW), NOW)

    assert not is_to_tell(ALICE, given)
    assert is_to_tell(ALICE, after)
    assert not is_to_tell("bob@example.org", after)
    assert not is_to_tell(ALICE, told(ALICE, after))
    assert told(ALICE, after)[0] == after[0]


@pytest.mark.parametrize(
    ("locale", "purpose", "words_sha256"),
    [
        (
            "en",
            Purpose.LOCAL_TRACKING,
            "1c4adaeaf2cb13f7d499cbd323df2ba3a2e51b981e920721804e38668f578e4d",
        ),
        (
            "en",
            Purpose.CLOUD_SYNC,
            "0de5be4a2313008cd9d6a2bd495d0345b77ed367f9072106e372b1ad4f04740a",
        ),
        (
            "de",
            Purpose.LOCAL_TRACKING,
            "1797f15e3a6f34a17504e4580107b9b57aa3889f51c469512fa24e6c96c2981a",
        ),
        (
            "de",
            Purpose.CLOUD_SYNC,
            "4f6d5acb1f665972e200437d1a3f709da8de6ac0cd087058d71a91636c9499a1",
        ),
    ],
)
def test_words_do_not_change_unnoticed(locale, purpose, words_sha256):
    """Whoever changes a text raises its version and this hash, and all are asked again."""
    assert text_sha256(purpose, locale) == words_sha256
