"""One clip from its first frame to its last."""

import json
import subprocess
import sys
import wave

import pytest

from waw_desktop.vision import analyze
from waw_desktop.vision.portrait import truth

SHAPE = {
    "clip", "fps", "frames", "seen_s", "state_s", "blinks", "long_closures", "cpu_ms_per_frame",
}  # fmt: skip


def test_reports_the_painted_blinks(blinking_clip, capfd):
    """The report has its fixed shape, and its blinks are those that were painted."""
    code = analyze.run(str(blinking_clip), as_json=True)

    out, err = capfd.readouterr()
    report = json.loads(out)
    painted = truth("portrait?fps=30&seconds=8&seed=1")
    assert (code, err) == (0, "")
    assert report.keys() == SHAPE
    assert (report["fps"], report["frames"], report["seen_s"]) == (30, 240, 7.967)
    assert report["state_s"] == {"tracking": 7.967}
    assert len(report["blinks"]) == len(painted) > 0
    for found, wanted in zip(report["blinks"], painted, strict=True):
        assert found["start_s"] == pytest.approx(wanted.start_s, abs=0.07)
        assert found["end_s"] == pytest.approx(wanted.end_s, abs=0.07)
        assert found["kind"] == "complete"
    assert report["long_closures"] == []
    assert report["cpu_ms_per_frame"] > 0


def test_tells_people_in_a_few_lines(blinking_clip, capfd):
    """Without --json the same comes in words."""
    assert analyze.run(str(blinking_clip), as_json=False) == 0

    assert "seen 8.0 s, 2 blinks (15.1 per seen minute)" in capfd.readouterr().out


def test_draws(blinking_clip, tmp_path, capfd):
    """--plot leaves a picture."""
    picture = tmp_path / "blinks.png"

    assert analyze.run(str(blinking_clip), as_json=True, plot=picture) == 0

    assert picture.read_bytes().startswith(b"\x89PNG")


def write_bytes(content):
    """Return a maker of a file with this content."""

    def make(folder, _record):
        path = folder / "clip.mp4"
        path.write_bytes(content)
        return path

    return make


def write_sound(folder, _record):
    path = folder / "clip.wav"
    with wave.open(str(path), "wb") as audio:
        audio.setparams((1, 2, 8000, 0, "NONE", ""))
        audio.writeframes(bytes(16000))
    return path


def cut_before_its_index(folder, record):
    path = folder / "cut.mp4"
    path.write_bytes(record("whole.mp4", "portrait?seconds=2").read_bytes()[:20_000])
    return path


def show_nobody(_folder, record):
    return record("grey.mp4", "portrait?seconds=2", lambda image: image * 0 + 90)


def test_a_plot_where_nothing_can_draw(blinking_clip, tmp_path, monkeypatch, capsys):
    """The packaged program holds no Matplotlib, and says so before it begins."""
    monkeypatch.setattr(analyze, "find_spec", lambda _name: None)

    assert analyze.run(str(blinking_clip), as_json=True, plot=tmp_path / "plot.png") == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "--plot needs Matplotlib, which the packaged program does without\n"


@pytest.mark.parametrize(
    ("_case", "make", "line"),
    [
        ("missing", lambda folder, _record: folder / "gone.mp4", "no such file"),
        ("a folder", lambda folder, _record: folder, "no such file"),
        ("text", write_bytes(b"alice was here\n" * 100), "not a video"),
        ("empty", write_bytes(b""), "not a video"),
        ("sound only", write_sound, "not a video"),
        ("cut before its index", cut_before_its_index, "not a video"),
        ("no face", show_nobody, "no face in 60 frames"),
    ],
)
def test_bad_input_is_one_clear_line(_case, make, line, tmp_path, record, capfd):
    """Whatever is wrong with a clip is said in one line that native chatter does not drown."""
    path = make(tmp_path, record)

    code = analyze.run(str(path), as_json=True)

    out, err = capfd.readouterr()
    assert (code, out, err) == (2, "", f"{path}: {line}\n")


def test_a_truncated_clip_gives_what_was_readable(tmp_path, record, capfd):
    """Half a file gives half a report, and says so."""
    whole = record("whole.avi", "portrait?seconds=4").read_bytes()
    half = tmp_path / "half.avi"
    half.write_bytes(whole[: len(whole) // 2])

    code = analyze.run(str(half), as_json=True)

    out, err = capfd.readouterr()
    frames = json.loads(out)["frames"]
    assert code == 2
    assert 40 < frames < 80
    assert err == f"{half}: truncated, only {frames} of 120 frames are readable\n"


@pytest.mark.parametrize("spec", ["portrait", "99"])
def test_what_never_ends_or_is_not_there_is_refused(spec, capfd):
    """Only what has an end can be analyzed to its end."""
    assert analyze.run(spec, as_json=True) == 2

    assert capfd.readouterr().err.count("\n") == 1


def test_native_libraries_keep_silent(blinking_clip):
    """A fresh process writes the report and nothing else."""
    program = (
        f"from waw_desktop.vision import analyze; analyze.run({str(blinking_clip)!r}, as_json=True)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert json.loads(done.stdout)["frames"] == 240
    assert done.stderr == b""


@pytest.mark.bench_material
def test_a_real_face(bench_material, capfd):
    """A person in front of a laptop blinks six times and winks twice."""
    analyze.run(str(bench_material / "clips" / "tfjs_facemesh_input.mp4"), as_json=True)

    assert len(json.loads(capfd.readouterr().out)["blinks"]) == pytest.approx(6, abs=1)
