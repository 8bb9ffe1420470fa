"""Build the package of this system into dist/.

    python waw_desktop/packaging/build.py

Runs in an environment of requirements/desktop.txt and requirements/packaging.txt. The same
sources, on the same system, at the same SOURCE_DATE_EPOCH make the same bytes; without it the
time of the last commit is taken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
WORK = PROJECT / "build" / "packaging"
DIST = PROJECT / "dist"
PROGRAM = DIST / "waw"
_LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


def main() -> None:
    """Draw the icons, gather the program and wrap it as the system's package, if there is one."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": epoch(), "PYTHONHASHSEED": "0"}
    run(sys.executable, HERE / "icons.py", WORK / "icons", environ=environ)
    (WORK / "licences.txt").write_text(licences(), encoding="utf-8")
    shutil.rmtree(PROGRAM, ignore_errors=True)
    run(
        *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"),
        *("--distpath", DIST, "--workpath", WORK / "pyinstaller", HERE / "waw.spec"),
        environ=environ,
    )
    if sys.platform == "linux":
        strip(environ)
    if shutil.which("dpkg-deb"):
        run(sys.executable, HERE / "deb" / "build.py", PROGRAM, DIST, environ=environ)
    if sys.platform == "win32":
        run(sys.executable, HERE / "windows" / "build.py", PROGRAM, DIST, environ=environ)


def run(*command: str | Path, environ: dict[str, str]) -> None:
    """Run a command that must succeed."""
    subprocess.run([str(part) for part in command], check=True, env=environ, cwd=PROJECT)  # noqa: S603 - our own commands


def strip(environ: dict[str, str]) -> None:
    """Take out of Python's own libraries what only its developers need: 24 MB.

    Those of wheels stay as they are: patched as they often are, stripping can break them.
    """
    inside = PROGRAM / "_internal"
    libraries = [*inside.glob("libpython*"), *inside.glob("python3*/lib-dynload/*.so")]
    run("strip", "--strip-unneeded", *libraries, environ=environ)


def epoch() -> str:
    """Return the time the package is dated, in seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    asked = ["git", "log", "-1", "--format=%ct"]
    said = subprocess.run(asked, check=True, cwd=PROJECT, capture_output=True, text=True)  # noqa: S603 - our own command
    return said.stdout.strip()


def licences() -> str:
    """Return the licences of what is installed here, which the package is made from."""
    installed = {found.metadata["Name"].lower(): found for found in metadata.distributions()}
    return "\n".join(_licence(installed[name]) for name in sorted(installed))


def _licence(found: metadata.Distribution) -> str:
    about = found.metadata
    fields = about.json  # read by name, absent ones too
    named = str(fields.get("license_expression") or fields.get("license") or "see below")
    title = f"{about['Name']} {found.version}: {named.splitlines()[0]}"
    files = [file for file in found.files or () if file.name.upper().startswith(_LICENCES)]
    texts = [Path(str(file.locate())).read_text("utf-8", "replace") for file in files]
    return "\n\n".join([title, "=" * len(title), *texts, ""])


if __name__ == "__main__":
    main()
