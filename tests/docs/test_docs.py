"""The documents say what the code does."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema

from waw_server import __version__
from waw_server.api.errors import CODES
from waw_server.api.schema import schema

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
API = (PROJECT / "docs" / "api.md").read_text()
EXAMPLE = (PROJECT / ".env.example").read_text()
DOCUMENTS = sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")])


def variables_read():
    """Return every environment variable that the two programs name."""
    sources = [PROJECT / "waw_server" / "settings.py", PROJECT / "waw_desktop" / "config.py"]
    readers = r"environ\.get|_text|_given|_key|_is_on|_origins|_proxies|_rate|value"
    pattern = rf'(?:{readers})\(\s*"([A-Z][A-Z_]+)"'
    return {name for path in sources for name in re.findall(pattern, path.read_text())}


def test_every_variable_is_in_the_example():
    """`.env.example` has each variable that is read."""
    assert {
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
    } <= variables_read()  # the search itself works

    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))

    assert variables_read() - listed == set()


def test_every_variable_in_the_example_is_read():
    """`.env.example` has no leftovers."""
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))
    code = "".join(
        path.read_text()
        for package in ("waw_server", "waw_desktop")
        for path in (PROJECT / package).rglob("*.py")
    )

    assert {name for name in listed if f'"{name}"' not in code} == set()


@pytest.mark.parametrize("kind", ["Query", "Mutation", "Subscription"])
def test_every_operation_is_documented(kind):
    """`docs/api.md` has a row for each root field."""
    root = build_schema(schema.as_str()).get_type(kind)

    assert [name for name in getattr(root, "fields", [""]) if f"| `{name}` |" not in API] == []


def test_every_error_code_is_documented():
    """`docs/api.md` explains each code that the table can give."""
    assert {code for code, _ in CODES.values() if f"`{code}`" not in API} == set()


def test_the_changelog_has_the_version():
    """The newest heading is the version."""
    changelog = (PROJECT / "docs" / "changelog.md").read_text()

    assert re.findall(r"^## (.+)$", changelog, re.MULTILINE)[0] == __version__


def make_commands():
    """Return the make commands that the README names."""
    return sorted(set(re.findall(r"\bmake [a-z]+(?: [A-Z]+=\w+)?", README)))


@pytest.mark.parametrize("command", make_commands())
def test_readme_commands_exist(command):
    """Each make command of the README is a target."""
    done = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=PROJECT, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr.decode()


def test_make_help_lists_every_target():
    """No command is kept secret."""
    targets = re.findall(r"^\.PHONY: (\S+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    listed = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, check=True)

    assert [name for name in targets if f"make {name} " not in listed.stdout.decode()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_somewhere(path):
    """A link to a file of the project finds it."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text())

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_room_is_on_the_map():
    """`docs/architecture.md` has a row for each room."""
    rooms = [
        path
        for package in ("waw_desktop", "waw_server")
        for path in (PROJECT / package).iterdir()
        if path.is_dir() and (path / "__init__.py").exists()
    ]
    text = (PROJECT / "docs" / "architecture.md").read_text()

    assert [r.name for r in rooms if f"| `{r.parent.name}/{r.name}` |" not in text] == []


def test_each_promise_about_security_names_its_tests():
    """A row of the checklist says what is promised, and where that is shown."""
    text = (PROJECT / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| ([A-Z]-\d+) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)

    assert {f"D-{number}" for number in range(1, 11)} <= {row[0] for row in rows}
    assert [row for row in rows if not re.search(r"`tests/[\w/]+\.py(::\w+)+`", row[2])] == []


def named_tests():
    """Return the file and name of each test that a document names."""
    pattern = r"`(tests/[\w/]+\.py)::(?:\w+::)?(\w+)`"
    return sorted({found for path in DOCUMENTS for found in re.findall(pattern, path.read_text())})


def test_the_tests_that_documents_name_exist():
    """A rule's proof is where the document says."""
    assert len(named_tests()) > 20  # the search itself works

    assert [
        f"{path}::{name}"
        for path, name in named_tests()
        if not (PROJECT / path).exists() or f"def {name}(" not in (PROJECT / path).read_text()
    ] == []
