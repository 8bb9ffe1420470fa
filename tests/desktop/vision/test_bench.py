"""The detector against what people have labelled."""

import csv
import json
import math

import pytest

from waw_desktop.core.scoring import Score
from waw_desktop.vision import bench
from waw_desktop.vision.portrait import truth

SPEC = "portrait?fps=30&seconds=8&seed=1"
ROW = {"tp", "fp", "fn", "precision", "recall", "f1", "onset_error_frames", "end_error_frames"}


@pytest.fixture
def folder(tmp_path, record):
    """Return a folder with an annotated clip in one place and a series in another."""
    painted = truth(SPEC)
    record("annotated.mp4", SPEC).rename(tmp_path / "annotated.mp4")
    marks = [
        {
            "start": round(c.start_s * 30),
            "peak": round(c.peak_s * 30),
            "end": round(c.end_s * 30),
            "kind": "complete",
        }
        for c in painted
    ]
    annotation = {
        "clip": "clips/annotated.mp4",
        "fps": 30.0,
        "frames": 240,
        "annotated_range": [0, 239],
        "blinks": marks,
        "ignore": [],
    }
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "annotated.json").write_text(json.dumps(annotation))
    (tmp_path / "other.json").write_text("[]")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    write_series(tmp_path / "series" / "alice.csv")
    return tmp_path


def write_series(path, blink_at_s=(2.0, 4.0, 6.0), marked_at_s=(2.0, 4.0, 7.0)):
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time_s", "ear", "blink"])
        for i in range(300):
            t_s = i / 30
            closed = max(math.exp(-(((t_s - at_s) / 0.06) ** 2)) for at_s in blink_at_s)
            mark = int(any(abs(t_s - at_s) < 0.1 for at_s in marked_at_s))
            writer.writerow([t_s, "" if 8 < t_s < 8.2 else 0.3 * (1 - 0.8 * closed), mark])


def test_scores_clips_and_series(folder, capfd):
    """Clips and series are found anywhere below, scored apart and together."""
    code = bench.run(folder, as_json=True)

    out, err = capfd.readouterr()
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report.keys() == {"clips", "total", "clips_total", "series_total", "cpu"}
    assert [row["clip"] for row in report["clips"]] == ["annotated.mp4", "alice.csv"]
    assert report["total"].keys() == ROW
    counts = [
        [report[part][k] for k in ("tp", "fp", "fn")] for part in ("clips_total", "series_total")
    ]
    assert counts == [[2, 0, 0], [2, 1, 1]]
    assert report["total"]["f1"] == pytest.approx(8 / 10)
    assert report["clips_total"]["onset_error_frames"] <= 2
    assert report["cpu"].keys() == {"pipeline_ms", "bare_ms", "ratio"}


def test_tells_people_in_a_table(folder, capfd):
    """Without --json the same comes in lines."""
    assert bench.run(folder, as_json=False) == 0

    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:6]] == [
        "annotated.mp4", "alice.csv", "clips", "series", "total",
    ]  # fmt: skip


def test_eyes_shut_count_neither_way(tmp_path):
    """A mark of more than a second is no blink to be missed."""
    path = tmp_path / "series" / "bob.csv"
    write_series(path, blink_at_s=(2.0,), marked_at_s=[2.0, *(5 + i / 10 for i in range(15))])

    (series,) = bench.labelled(tmp_path)

    assert (series.score.tp, series.score.fp, series.score.fn) == (1, 0, 0)


@pytest.mark.parametrize(
    ("_case", "name", "text", "line"),
    [
        ("empty folder", "notes.txt", "", "no annotated clip and no series in it"),
        ("broken annotation", "a.json", "{", "a.json: Expecting property name"),
        (
            "lost clip",
            "a.json",
            '{"clip": "gone.mp4", "blinks": []}',
            "its clip gone.mp4 is not there",
        ),
        ("broken series", "a.csv", "time_s,ear,blink\n0,x,1\n", "a.csv: line 2: could not convert"),
        ("empty series", "a.csv", "time_s,ear,blink\n", "a.csv: no rows"),
    ],
)
def test_bad_input_is_one_clear_line(_case, name, text, line, tmp_path, capfd):
    """What cannot be scored is named, in one line."""
    (tmp_path / name).write_text(text)

    assert bench.run(tmp_path, as_json=True) == 2

    out, err = capfd.readouterr()
    assert out == ""
    assert line in err
    assert err.count("\n") == 1


@pytest.mark.bench_material
def test_real_clips_and_sessions(bench_material):
    """No worse than what docs/detection.md says."""
    clips, series = Score(), Score()
    for each in bench.labelled(bench_material):
        if each.is_clip:
            clips += each.score
        else:
            series += each.score

    assert clips.f1 >= 0.985
    assert series.f1 >= 0.915
    errors = (clips.onset_error, clips.end_error, series.onset_error, series.end_error)
    assert max(error or 0 for error in errors) <= 2
