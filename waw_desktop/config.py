"""Settings of the tracker, read once from the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_SERVER_URL = "http://127.0.0.1:8000"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ALL_THE_TIME = (60, 60)


class BadSetting(Exception):
    """A setting cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set, each by the variable of the environment that is named.

    Attributes:
        server_url: WAW_SERVER_URL. https, or http on this machine.
        data_dir: WAW_DATA_DIR. None for the place usual on this system.
        seal_s: WAW_SEAL_S. Length of a message, 1 to 60 s, a part of 15 minutes.
        source: WAW_SOURCE. Camera number, file, address or portrait.
        email: WAW_EMAIL. Of the account; empty if it is given elsewhere.
        password: WAW_PASSWORD. Of the account; empty if it is asked for.
        proxy: WAW_PROXY. URL of the proxy to go through; no other setting is followed.
        ca_bundle: WAW_CA_BUNDLE. File of the certificates to trust instead of the usual.
        duty_cycle_s: WAW_DUTY_CYCLE. How long to watch of how long; in minutes there: 3/15.
        duty_cycle_on_battery_s: WAW_DUTY_CYCLE_ON_BATTERY. The same without mains power;
            WAW_DUTY_CYCLE if unset.
        cpu_limit: WAW_CPU_LIMIT. Share of one core that the detector may take, in percent
            there; infinite for no limit.
    """

    server_url: str = DEFAULT_SERVER_URL
    data_dir: Path | None = None
    seal_s: int = 60
    source: str = "0"
    email: str = ""
    password: str = field(default="", repr=False)
    proxy: str | None = None
    ca_bundle: str | None = None
    duty_cycle_s: tuple[int, int] = _ALL_THE_TIME
    duty_cycle_on_battery_s: tuple[int, int] = _ALL_THE_TIME
    cpu_limit: float = math.inf


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings; what is not set, or is empty, has its default.

    Raises:
        BadSetting: If a value cannot be used.
    """

    def value(name: str, default: str = "") -> str:
        return environ.get(name, "").strip() or default

    data_dir = value("WAW_DATA_DIR")
    duty_cycle_s = _duty_cycle_s("WAW_DUTY_CYCLE", value("WAW_DUTY_CYCLE"), _ALL_THE_TIME)
    return Settings(
        server_url=server_url(value("WAW_SERVER_URL", DEFAULT_SERVER_URL)),
        data_dir=Path(data_dir).expanduser() if data_dir else None,
        seal_s=_seal_s(value("WAW_SEAL_S", "60")),
        source=value("WAW_SOURCE", "0"),
        email=value("WAW_EMAIL"),
        password=environ.get("WAW_PASSWORD", ""),
        proxy=_proxy(value("WAW_PROXY")),
        ca_bundle=_ca_bundle(value("WAW_CA_BUNDLE")),
        duty_cycle_s=duty_cycle_s,
        duty_cycle_on_battery_s=_duty_cycle_s(
            "WAW_DUTY_CYCLE_ON_BATTERY", value("WAW_DUTY_CYCLE_ON_BATTERY"), duty_cycle_s
        ),
        cpu_limit=_cpu_limit(value("WAW_CPU_LIMIT")),
    )


def server_url(text: str) -> str:
    """Return the address of the server without a slash at its end.

    Raises:
        BadSetting: If it is none, or would send passwords unencrypted over a network.
    """
    url = text.rstrip("/")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise BadSetting(f"WAW_SERVER_URL: {text!r} is not an address") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise BadSetting(f"WAW_SERVER_URL: {text!r} is not an address like https://waw.example.org")
    if parts.username is not None:
        raise BadSetting("WAW_SERVER_URL: the address must not hold a user or password")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise BadSetting(
            f"WAW_SERVER_URL: http is for this machine only; use https://{parts.netloc}"
        )
    return url


def _seal_s(text: str) -> int:
    seal_s = int(text) if text.isdecimal() else 0
    if not 1 <= seal_s <= 60 or 15 * 60 % seal_s:
        raise BadSetting(
            f"WAW_SEAL_S: {text!r} is not a number of seconds from 1 to 60 that divides"
            " 15 minutes, like 10 or 60"
        )
    return seal_s


def _duty_cycle_s(name: str, text: str, unset: tuple[int, int]) -> tuple[int, int]:
    if not text:
        return unset
    watch, _, every = text.partition("/")
    watch_min, every_min = (int(it) if it.isdecimal() else 0 for it in (watch, every))
    if not 1 <= watch_min <= every_min <= 24 * 60:
        raise BadSetting(f"{name}: {text!r} is not minutes to watch of how many, like 3/15")
    return watch_min * 60, every_min * 60


def _cpu_limit(text: str) -> float:
    percent = int(text) if text.isdecimal() else 0
    if text and not 1 <= percent <= 100:
        raise BadSetting(f"WAW_CPU_LIMIT: {text!r} is not a percentage of one core, 1 to 100")
    return percent / 100 if text else math.inf


def _proxy(text: str) -> str | None:
    if text and urlsplit(text).scheme not in ("http", "https"):
        raise BadSetting("WAW_PROXY: not an address like http://proxy.example.org:3128")
    return text or None


def _ca_bundle(text: str) -> str | None:
    if text and not Path(text).is_file():
        raise BadSetting(f"WAW_CA_BUNDLE: there is no file {text!r}")
    return text or None
