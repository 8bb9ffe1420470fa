"""What the program takes, measured on real processes; batteries as the kernel shows them."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from waw_desktop.host import resources
from waw_desktop.host.resources import WATTS_PER_BUSY_CORE, Meter

BUSY = "import sys; print(flush=True)\nwhile True: pass"
LARGE = "held = bytearray(b'x' * 80_000_000); print(flush=True); input()"


@pytest.fixture
def run():
    """Run a child until the test is over."""
    children: list[subprocess.Popen[bytes]] = []

    def start(program):
        pipe = subprocess.PIPE
        child = subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe)
        children.append(child)
        assert child.stdout is not None
        child.stdout.readline()

    yield start
    for child in children:
        child.kill()
        child.communicate()


def test_the_first_look_has_no_rates():
    usage = Meter().read()

    assert (usage.cpu_share, usage.estimated_w) == (None, None)
    assert usage.memory_bytes > 5_000_000


def test_a_busy_child_counts(run):
    """Processor time of children is ours too; the estimate is a multiple of it."""
    meter = Meter()
    meter.read()
    run(BUSY)
    time.sleep(1.0)  # what is measured is time

    usage = meter.read()

    assert usage.cpu_share is not None
    assert usage.cpu_share > 0.2
    assert usage.estimated_w == pytest.approx(usage.cpu_share * WATTS_PER_BUSY_CORE)


def test_so_does_its_memory(run):
    before = Meter().read().memory_bytes

    run(LARGE)

    assert Meter().read().memory_bytes - before > 80_000_000


def test_of_a_process_that_may_not_be_looked_into_all_it_touches_counts(monkeypatch):
    def denied(_process):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_full_info", denied)

    usage = Meter().read()

    assert usage.memory_bytes >= 0.9 * psutil.Process().memory_info().rss


def test_one_that_ends_meanwhile_does_not_matter(monkeypatch):
    def ended(process):
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(resources, "_look", ended)

    assert Meter().read().memory_bytes == 0


def test_a_look_is_cheap():
    """Once in five seconds; a fiftieth of a second would be four thousandths of a core."""
    meter = Meter()
    meter.read()
    began_s = time.process_time()

    for _number in range(10):
        meter.read()

    assert (time.process_time() - began_s) / 10 < 0.05


def supply(folder, name, **files):
    (folder / name).mkdir()
    for file, text in files.items():
        (folder / name / file).write_text(f"{text}\n")


DISCHARGED = {"type": "Battery", "status": "Discharging"}


@pytest.mark.parametrize(
    "supplies, drawn_w",
    [
        ([], None),
        ([{"type": "Mains", "online": 1}], None),
        ([{"type": "Battery", "status": "Charging", "power_now": 9_000_000}], None),
        ([{**DISCHARGED, "power_now": 9_000_000}], 9.0),
        ([{**DISCHARGED, "power_now": -9_000_000}], 9.0),
        ([{**DISCHARGED, "current_now": 750_000, "voltage_now": 12_000_000}], 9.0),
        ([{**DISCHARGED, "current_now": 750_000}], None),
        ([{**DISCHARGED, "power_now": "?"}], None),
        ([DISCHARGED], None),
        ([{**DISCHARGED, "power_now": 4_000_000}, {**DISCHARGED, "power_now": 5_000_000}], 9.0),
    ],
)
def test_what_batteries_say(tmp_path, supplies, drawn_w):
    for number, files in enumerate(supplies):
        supply(tmp_path, f"BAT{number}", **files)

    assert resources.battery_w(tmp_path) == drawn_w
