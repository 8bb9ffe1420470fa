"""What the packages tell each system, above all that they want the camera."""

import ast
import plistlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.soak.package import system_libraries
from waw_desktop import __version__
from waw_desktop.packaging.windows import build as windows
from waw_server import __version__ as server_version

PROJECT = Path(__file__).resolve().parents[3]
PACKAGING = PROJECT / "waw_desktop" / "packaging"
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


def spec_calls(name):
    """Return the arguments by keyword of each call of a name in the spec, as source."""
    tree = ast.parse((PACKAGING / "waw.spec").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}
        for call in calls
        if ast.unparse(call.func) == name
    ]


def test_the_versions_agree():
    """Both programs are released together."""
    assert __version__ == server_version


def test_macos_is_told_what_the_camera_is_for():
    """Without the text macOS ends a program that opens the camera."""
    [bundle] = spec_calls("BUNDLE")
    told = plistlib.loads((PACKAGING / "macos" / "Info.plist").read_bytes())

    assert "Info.plist" in bundle["info_plist"]
    assert "never stored or sent" in told["NSCameraUsageDescription"]


def test_macos_lets_a_hardened_program_have_the_camera():
    """Without the entitlement it gets black frames or none, and nobody is asked."""
    [program] = spec_calls("EXE")
    granted = plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes())

    assert "entitlements.plist" in program["entitlements_file"]
    assert granted["com.apple.security.device.camera"] is True


def test_windows_is_told_that_the_camera_is_wanted():
    root = ET.fromstring(windows.manifest("1.2.3", 'CN="A & B", C=DE'))
    [capabilities] = (part for part in root if part.tag.endswith("}Capabilities"))
    [identity] = (part for part in root if part.tag.endswith("}Identity"))

    assert "webcam" in {part.get("Name") for part in capabilities}
    assert identity.get("Version") == "1.2.3.0"
    assert identity.get("Publisher") == 'CN="A & B", C=DE'


def test_windows_leaves_what_a_person_keeps():
    """With virtual folders an uninstallation would take unsent minutes along."""
    root = ET.fromstring(windows.manifest("1.2.3", "CN=WaW"))
    said = {part.tag.rpartition("}")[2]: part.text for part in root.iter()}

    assert said["FileSystemWriteVirtualization"] == "disabled"
    assert said["RegistryWriteVirtualization"] == "disabled"


def test_windows_has_a_program_for_terminals():
    """The manifest names programs that the spec makes."""
    manifest = (PACKAGING / "windows" / "AppxManifest.xml").read_text()
    made = re.findall(r'program\("([\w-]+)"', (PACKAGING / "waw.spec").read_text())

    assert set(re.findall(r'Executable="([\w-]+)\.exe"', manifest)) == set(made)


def test_debian_installs_every_library_that_make_installs():
    """The .deb and the Makefile name the same libraries."""
    control = (PACKAGING / "deb" / "control").read_text()
    makefile = (PROJECT / "Makefile").read_text()
    screen = re.search(r"SCREEN_LIBRARIES := ((?:.*\\\n)*.*)", makefile)
    assert screen
    wanted = {*system_libraries(), *screen[1].replace("\\", " ").split()}

    assert len(wanted) >= 18  # the search itself works
    assert wanted - set(re.findall(r"[a-z][\w.+-]+", control)) == set()


def test_debian_runs_nothing_when_it_installs_or_removes():
    """A script that is not there cannot delete what a person keeps."""
    scripts = {"preinst", "postinst", "prerm", "postrm", "config", "triggers"}

    assert scripts & {path.name for path in (PACKAGING / "deb").iterdir()} == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_may_only_read_and_pin_what_they_use(path):
    workflow = yaml.safe_load(path.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]

    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    assert [action for action in used if not re.fullmatch(r"actions/[\w-]+@v\d+", action)] == []


def test_every_package_proves_itself_where_it_is_built():
    workflow = yaml.safe_load((PROJECT / ".github/workflows/desktop.yml").read_text())
    proofs = {
        name: [step["run"] for step in job["steps"] if "selftest" in step.get("run", "")]
        for name, job in workflow["jobs"].items()
    }

    assert set(proofs) == {"linux", "windows", "macos"}
    assert all(proofs.values())


def test_nothing_is_signed_without_a_certificate():
    """A fork has no secrets and builds all the same."""
    workflow = yaml.safe_load((PROJECT / ".github/workflows/desktop.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    with_secrets = [step for step in steps if "secrets." in str(step.get("env", ""))]

    assert len(with_secrets) == 3
    assert all(re.fullmatch(r"env\.HAS_\w+ == 'true'", step["if"]) for step in with_secrets)


def test_ci_runs_what_decides():
    workflow = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())
    decides = (PROJECT / ".ci" / "run").read_text()

    assert ".ci/run" in str(workflow["jobs"])
    assert "make demo ONCE=1 && make test && make check" in decides
