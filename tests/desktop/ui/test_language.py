"""Which language the window speaks, and what it says where a word is missing."""

from __future__ import annotations

import pytest

from waw_desktop.ui import language
from waw_desktop.ui.language import _, ngettext

CATALOGUE = """\
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Pause"
msgstr "Pausieren"

msgid "%d blink"
msgid_plural "%d blinks"
msgstr[0] "%d Lidschlag"
msgstr[1] "%d Lidschläge"
"""


@pytest.fixture(autouse=True)
def german(tmp_path, monkeypatch):
    """One other language than English."""
    (tmp_path / "de.po").write_text(CATALOGUE, "utf-8")
    monkeypatch.setattr(language, "DIRECTORY", tmp_path)
    yield
    language.use(["en"])


@pytest.mark.parametrize(
    "wanted, spoken",
    [
        (["de"], "de"),
        (["de-AT", "en"], "de"),
        (["de_CH"], "de"),
        (["fr", "de"], "de"),
        (["en-GB", "de"], "en"),
        (["fr"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_there_is(wanted, spoken):
    assert language.use(wanted) == language.spoken() == spoken
    assert _("Pause") == {"de": "Pausieren", "en": "Pause"}[spoken]


def test_a_word_that_is_missing_is_said_in_english():
    language.use(["de"])

    assert _("Resume") == "Resume"


@pytest.mark.parametrize(
    "count, text", [(1, "1 Lidschlag"), (0, "0 Lidschläge"), (2, "2 Lidschläge")]
)
def test_counts_have_their_own_forms(count, text):
    language.use(["de"])

    assert ngettext("%d blink", "%d blinks", count) % count == text
