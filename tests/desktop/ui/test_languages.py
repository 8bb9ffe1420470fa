"""Every catalogue says all that the window says, with the same gaps to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import waw_desktop
from waw_desktop.ui.language import DIRECTORY

KEYWORDS = {"_": None, "marked": None, "ngettext": (1, 2)}
CATALOGUES = sorted(DIRECTORY.glob("*.po"))
GAP = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")


def said():
    """Return every text of the window: one, or one and its plural."""
    found = extract_from_dir(Path(waw_desktop.__file__).parent, keywords=KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found}


def as_tuple(text):
    return text if isinstance(text, tuple) else (text,)


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.stem)
def catalogue(request):
    """One catalogue."""
    with request.param.open("rb") as file:
        return read_po(file, locale=request.param.stem)


def test_german_is_there():
    assert "de" in [path.stem for path in CATALOGUES]


def test_everything_is_translated(catalogue):
    """`make words` adds what is new; a translator fills it in."""
    translated = {
        message.id
        for message in catalogue
        if message.id and all(as_tuple(message.string)) and not message.fuzzy
    }

    assert said() - translated == set()


def test_nothing_is_translated_that_nobody_says(catalogue):
    assert {message.id for message in catalogue if message.id} - said() == set()


def test_each_translation_has_the_gaps_of_its_text(catalogue):
    wrong = [
        message.id
        for message in catalogue
        if message.id
        for text in as_tuple(message.string)
        if set(GAP.findall(text)) != set(GAP.findall(as_tuple(message.id)[-1]))
    ]

    assert wrong == []
