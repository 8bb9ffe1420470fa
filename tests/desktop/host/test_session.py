"""A clock that nobody sets."""

import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from waw_desktop.host import session


def test_runs_with_the_monotonic_clock():
    """It advances as time does, in milliseconds."""
    before_ms, before_s = session.session_ms(), time.monotonic()
    time.sleep(0.05)

    passed_ms = session.session_ms() - before_ms

    assert passed_ms == pytest.approx((time.monotonic() - before_s) * 1000, abs=20)


def test_the_boot_has_a_name():
    """It stays the same in this process."""
    assert UUID(session.boot_id())
    assert session.boot_id() == session.boot_id()


@pytest.mark.skipif(
    sys.platform != "linux", reason="not Linux: the kernel's clock was not compared"
)
def test_linux_counts_from_the_start_of_the_machine():
    """The clock and the name are the kernel's, the same in every process."""
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    ask = "from waw_desktop.host import session; print(session.boot_id())"

    elsewhere = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    )

    assert session.session_ms() / 1000 == pytest.approx(uptime_s, abs=1)
    assert elsewhere.stdout.strip() == session.boot_id()


def test_elsewhere_each_process_counts_for_itself(monkeypatch):
    """Without such a clock a message is of unknown age after a restart, never of a wrong one."""
    monkeypatch.setattr(sys, "platform", "darwin")
    session.boot_id.cache_clear()
    first = session.boot_id()
    session.boot_id.cache_clear()

    assert UUID(first) != UUID(session.boot_id())
    assert session.session_ms() == pytest.approx(time.monotonic() * 1000, abs=1000)

    session.boot_id.cache_clear()
