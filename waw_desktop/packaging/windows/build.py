"""Wrap the program's folder as an MSIX package.

    python waw_desktop/packaging/windows/build.py FOLDER DIRECTORY

Windows installs it once it is signed by a publisher it trusts; WAW_MSIX_PUBLISHER is that
publisher's name, as the subject of the certificate has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
ICONS = PROJECT / "build" / "packaging" / "icons"
ASSETS = ("StoreLogo.png", "Square44x44Logo.png", "Square150x150Logo.png")
_KITS = Path("C:/Program Files (x86)/Windows Kits/10/bin")


def main(folder: Path, directory: Path) -> None:
    """Write the package into a directory."""
    sys.path.insert(0, str(PROJECT))
    from waw_desktop import __version__  # noqa: PLC0415 - found by the line before

    publisher = os.environ.get("WAW_MSIX_PUBLISHER") or "CN=WaW"
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "waw"
        shutil.copytree(folder, tree)
        (tree / "Assets").mkdir()
        for asset in ASSETS:
            shutil.copyfile(ICONS / asset, tree / "Assets" / asset)
        (tree / "AppxManifest.xml").write_text(manifest(__version__, publisher), encoding="utf-8")
        path = directory / f"waw-{__version__}.msix"
        command = [str(tool()), "pack", "/o", "/d", str(tree), "/p", str(path)]
        subprocess.run(command, check=True)  # noqa: S603 - Windows's own tool


def manifest(version: str, publisher: str) -> str:
    """Return what the package says of itself; its versions have four numbers, the last 0."""
    template = (HERE / "AppxManifest.xml").read_text(encoding="utf-8")
    named = template.replace("{version}", f"{version}.0")
    return named.replace('"{publisher}"', quoteattr(publisher))


def tool() -> Path:
    """Return the newest makeappx of the Windows SDK.

    Raises:
        FileNotFoundError: If the SDK is not installed.
    """
    found = sorted(_KITS.glob("10.*/x64/makeappx.exe"))
    if not found:
        raise FileNotFoundError("makeappx is part of the Windows SDK, which is not installed")
    return found[-1]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
