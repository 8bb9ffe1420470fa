"""What the detector does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from waw_desktop.vision.lean import left_out


def loaded_with(statement):
    """Return which packages a fresh Python has loaded after a statement."""
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_the_mesh_is_loaded_without_what_nobody_uses():
    loaded = loaded_with("import waw_desktop.vision.face")

    assert "mediapipe.python.solutions.face_mesh" in loaded
    assert not {"matplotlib", "PIL", "mediapipe.tasks.python"} & loaded


def test_what_was_left_out_can_be_loaded_later():
    statement = "import waw_desktop.vision.face, waw_desktop.vision.plot"

    assert "matplotlib.figure" in loaded_with(statement)


def test_what_is_loaded_stays_as_it_is():
    with left_out("json", "no_such_module", "no_such_module.part"):
        from no_such_module import part  # type: ignore[import-not-found] # it stands in for one

        assert sys.modules["json"].dumps(1) == "1"
        assert not hasattr(part, "anything")

    assert "json" in sys.modules
    assert "no_such_module" not in sys.modules


def test_it_is_put_right_if_the_import_fails():
    with pytest.raises(ImportError), left_out("no_such_module"):
        raise ImportError

    assert "no_such_module" not in sys.modules
