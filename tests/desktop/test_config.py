"""Settings are read once, and a bad one is named."""

from pathlib import Path

import pytest

from waw_desktop.config import BadSetting, Settings, from_environment


def test_defaults():
    """Without any variable everything has a value; empty ones count as absent."""
    assert from_environment({}) == Settings()
    assert from_environment({"WAW_SERVER_URL": "", "WAW_SEAL_S": " "}) == Settings()
    assert Settings().server_url == "http://127.0.0.1:8000"


def test_everything_set(tmp_path):
    """Each variable has its place."""
    bundle = tmp_path / "ca.pem"
    bundle.touch()

    settings = from_environment(
        {
            "WAW_SERVER_URL": "https://waw.example.org/",
            "WAW_DATA_DIR": str(tmp_path),
            "WAW_SEAL_S": "10",
            "WAW_SOURCE": "portrait",
            "WAW_EMAIL": "alice@example.org",
            "WAW_PASSWORD": " with spaces ",
            "WAW_PROXY": "http://proxy.example.org:3128",
            "WAW_CA_BUNDLE": str(bundle),
            "WAW_DUTY_CYCLE": "3/15",
            "WAW_DUTY_CYCLE_ON_BATTERY": "1/15",
            "WAW_CPU_LIMIT": "15",
        }
    )

    assert settings == Settings(
        server_url="https://waw.example.org",
        data_dir=tmp_path,
        seal_s=10,
        source="portrait",
        email="alice@example.org",
        password=" with spaces ",
        proxy="http://proxy.example.org:3128",
        ca_bundle=str(bundle),
        duty_cycle_s=(180, 900),
        duty_cycle_on_battery_s=(60, 900),
        cpu_limit=0.15,
    )


def test_a_battery_changes_nothing_unless_asked_to():
    """The duty cycle holds on battery too, if it has none of its own."""
    settings = from_environment({"WAW_DUTY_CYCLE": "5/10"})

    assert settings.duty_cycle_on_battery_s == settings.duty_cycle_s == (300, 600)


def test_the_home_directory_may_be_short():
    """A tilde stands for the home directory."""
    assert from_environment({"WAW_DATA_DIR": "~/waw"}).data_dir == Path.home() / "waw"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
        "https://waw.example.org",
        "https://waw.example.org:8443/waw",
    ],
)
def test_servers(url):
    """Encrypted anywhere, unencrypted on this machine alone."""
    assert from_environment({"WAW_SERVER_URL": url}).server_url == url


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("WAW_SERVER_URL", "waw.example.org", "is not an address like https://"),
        ("WAW_SERVER_URL", "ftp://waw.example.org", "is not an address like https://"),
        ("WAW_SERVER_URL", "https://", "is not an address like https://"),
        ("WAW_SERVER_URL", "https://waw.example.org?x=1", "is not an address like https://"),
        ("WAW_SERVER_URL", "https://waw.example.org#x", "is not an address like https://"),
        ("WAW_SERVER_URL", "https://waw.example.org:port", "is not an address"),
        ("WAW_SERVER_URL", "https://[::1", "is not an address"),
        ("WAW_SERVER_URL", "https://a:b@waw.example.org", "must not hold a user or password"),
        ("WAW_SERVER_URL", "http://waw.example.org", "use https://waw.example.org"),
        ("WAW_SERVER_URL", "http://127.0.0.1.example.org", "http is for this machine only"),
        ("WAW_SEAL_S", "0", "is not a number of seconds"),
        ("WAW_SEAL_S", "61", "is not a number of seconds"),
        ("WAW_SEAL_S", "7", "is not a number of seconds"),
        ("WAW_SEAL_S", "-5", "is not a number of seconds"),
        ("WAW_SEAL_S", "ten", "is not a number of seconds"),
        ("WAW_PROXY", "proxy:3128", "not an address like http://"),
        ("WAW_CA_BUNDLE", "/nowhere/ca.pem", "there is no file"),
        ("WAW_CPU_LIMIT", "0", "is not a percentage of one core, 1 to 100"),
        ("WAW_CPU_LIMIT", "101", "is not a percentage"),
        ("WAW_CPU_LIMIT", "a bit", "is not a percentage"),
        ("WAW_DUTY_CYCLE", "3", "is not minutes to watch of how many, like 3/15"),
        ("WAW_DUTY_CYCLE", "15/3", "is not minutes"),
        ("WAW_DUTY_CYCLE", "0/15", "is not minutes"),
        ("WAW_DUTY_CYCLE", "1/1441", "is not minutes"),
        ("WAW_DUTY_CYCLE_ON_BATTERY", "1.5/15", "is not minutes"),
    ],
)
def test_bad_values(name, value, words):
    """One clear line says which setting and why."""
    with pytest.raises(BadSetting, match=f"^{name}: ") as raised:
        from_environment({name: value})

    assert words in str(raised.value)


def test_the_password_is_not_shown():
    """Settings may be printed."""
    assert "secret" not in repr(from_environment({"WAW_PASSWORD": "secret"}))
