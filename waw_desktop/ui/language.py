"""The words of the window in the person's language.

English is written in the code and is the key to every other language. Catalogues lie in
`ui/languages/<language>.po` as translators edit them and are read when the program starts, so
that none can be older than its text.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DIRECTORY = Path(__file__).parent / "languages"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

_words: gettext.NullTranslations = gettext.NullTranslations()


def _(text: str) -> str:
    """Return a text in the language in use."""
    return _words.gettext(text)


def marked(text: str) -> str:
    """Return a text as it is; translators find it, and `_` translates it when it is shown."""
    return text


def ngettext(one: str, many: str, count: int) -> str:
    """Return that one of two texts that fits the count, in the language in use."""
    return _words.ngettext(one, many, count)


def spoken() -> str:
    """Return which language is in use."""
    return _words.info().get("language", "en")


def use(wanted: Iterable[str]) -> str:
    """Speak the first language of those wanted that there is, else English, and return which.

    Args:
        wanted: Names like "de" or "de-AT", the best first, as the system lists them.
    """
    global _words  # noqa: PLW0603 - a process speaks one language, and every view asks for it
    for name in wanted:
        language = name.replace("_", "-").partition("-")[0].lower()
        if language == "en":
            break
        catalogue = DIRECTORY / f"{language}.po"
        if catalogue.is_file():
            _words = _read(catalogue)
            return language
    _words = gettext.NullTranslations()
    return "en"


def _read(catalogue: Path) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    with catalogue.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
