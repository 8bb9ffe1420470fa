"""Production starts only with its own keys and hosts; development starts with nothing."""

import json
import os
import subprocess
import sys

import pytest

from waw_server.ops.database import PROJECT

OWN = {
    "WAW_ENV": "production",
    "SECRET_KEY": "a key of its own, for sessions and forms",
    "JWT_SIGNING_KEY": "another key of its own, for access tokens",
    "ALLOWED_HOSTS": "waw.example.com, www.example.com",
    "DATABASE_URL": "postgresql://waw:p%40ss@db.example.com:5433/waw?sslmode=require",
}
DEVELOPMENT_KEY = "for development on loopback only, refused in production"
OPTIONAL = ("ALLOWED_ORIGINS", "REDIS_URL")
NAMES = (*OWN, *OPTIONAL, *(f"{name}_FILE" for name in (*OWN, *OPTIONAL)))
PREPARED = {"server_side_binding": True, "prepare_threshold": 5}
BY_POSTGRES = {"BACKEND": "waw_server.ops.layer.PostgresLayer"}
# What somebody keeps in `.env` has no say here.
SHOW = """
import json
import dotenv
dotenv.load_dotenv = lambda path: None
from waw_server import settings as it
database = it.DATABASES["default"]
print(json.dumps({
    "debug": it.DEBUG,
    "secret_key": it.SECRET_KEY,
    "signing_key": it.SIMPLE_JWT["SIGNING_KEY"],
    "hosts": it.ALLOWED_HOSTS,
    "secure_cookies": [it.SESSION_COOKIE_SECURE, it.CSRF_COOKIE_SECURE],
    "database": [database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")],
    "options": database["OPTIONS"],
    "origins": it.ALLOWED_ORIGINS,
    "layer": it.CHANNEL_LAYERS["default"],
}))
"""


def _ran(arguments, variables):
    """Run Python with just these variables of ours."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _loaded(**variables):
    return _ran(["-c", SHOW], variables)


def _found(**variables):
    done = _loaded(**variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_production_with_its_own():
    """What was given is what is used; nothing of development's is left."""
    assert _found(**OWN) == {
        "debug": False,
        "secret_key": OWN["SECRET_KEY"],
        "signing_key": OWN["JWT_SIGNING_KEY"],
        "hosts": ["waw.example.com", "www.example.com"],
        "secure_cookies": [True, True],
        "database": ["waw", "waw", "p@ss", "db.example.com", "5433"],
        "options": {**PREPARED, "sslmode": "require"},
        "origins": [],
        "layer": BY_POSTGRES,
    }


@pytest.mark.parametrize(
    "_case, changes, problem",
    [
        ("no key", {"SECRET_KEY": ""}, "SECRET_KEY must be set to a value of its own"),
        ("development's key", {"SECRET_KEY": DEVELOPMENT_KEY}, "SECRET_KEY must be set"),
        ("no signing key", {"JWT_SIGNING_KEY": ""}, "JWT_SIGNING_KEY must be set"),
        (
            "development's signing key",
            {"JWT_SIGNING_KEY": DEVELOPMENT_KEY},
            "JWT_SIGNING_KEY must be set",
        ),
        ("no hosts", {"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must be set"),
        ("development's hosts", {"ALLOWED_HOSTS": "localhost,127.0.0.1"}, "ALLOWED_HOSTS must be"),
        ("any host", {"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS names each host; * is refused"),
        ("any host, too", {"ALLOWED_HOSTS": "waw.example.com, *"}, "ALLOWED_HOSTS names each host"),
        ("any host below", {"ALLOWED_HOSTS": "*.example.com"}, "ALLOWED_HOSTS names each host"),
        ("no database", {"DATABASE_URL": ""}, "DATABASE_URL must be set"),
        (
            "another database",
            {"DATABASE_URL": "sqlite:///x"},
            "DATABASE_URL starts with postgresql",
        ),
        ("no URL", {"DATABASE_URL": "db.example.com"}, "DATABASE_URL starts with postgresql://"),
        ("another layer", {"REDIS_URL": "memory://"}, "REDIS_URL starts with redis://"),
        ("a host as origin", {"ALLOWED_ORIGINS": "a.example.com"}, "ALLOWED_ORIGINS names each as"),
        ("any origin", {"ALLOWED_ORIGINS": "*"}, "ALLOWED_ORIGINS names each as https://"),
        ("a typing error", {"WAW_ENV": "prod"}, "WAW_ENV is production or development, not 'prod'"),
        ("nothing for it", {"WAW_ENV": ""}, "WAW_ENV is production or development, not ''"),
    ],
)
def test_production_refuses(_case, changes, problem):
    """With the name of the variable, and without showing any value of a key."""
    done = _loaded(**{**OWN, **changes})

    last_line = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert last_line.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert problem in last_line
    assert OWN["SECRET_KEY"] not in done.stderr + done.stdout
    assert OWN["JWT_SIGNING_KEY"] not in done.stderr + done.stdout


def test_what_may_be_given(tmp_path):
    """Redis, with its password in a file, and pages from elsewhere."""
    secret = tmp_path / "secret"
    secret.write_text("rediss://:p@redis.example.com:6380/1\n")

    found = _found(
        **OWN, REDIS_URL_FILE=str(secret), ALLOWED_ORIGINS="https://a.example.com, http://b:81"
    )

    assert found["origins"] == ["https://a.example.com", "http://b:81"]
    assert found["layer"] == {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": ["rediss://:p@redis.example.com:6380/1"], "prefix": "waw"},
    }


def test_production_is_what_is_meant_if_nothing_is_said():
    """Who forgot everything does not serve with keys that everybody knows."""
    done = _loaded()

    assert done.returncode == 1
    assert "SECRET_KEY must be set to a value of its own" in done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SIGNING_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_a_value_may_be_in_a_file(tmp_path, name):
    """As container secrets are; the line's end is no part of it."""
    secret = tmp_path / "secret"
    secret.write_text(OWN[name] + "\n")

    assert _found(**{**OWN, name: "", f"{name}_FILE": str(secret)}) == _found(**OWN)


def test_a_file_with_developments_key_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(DEVELOPMENT_KEY)

    done = _loaded(**{**OWN, "SECRET_KEY": "", "SECRET_KEY_FILE": str(secret)})

    assert done.returncode == 1
    assert "SECRET_KEY must be set" in done.stderr


def test_development_starts_with_nothing():
    """On loopback only, and without Django's debug pages."""
    assert _found(WAW_ENV="development") == {
        "debug": False,
        "secret_key": DEVELOPMENT_KEY,
        "signing_key": DEVELOPMENT_KEY,
        "hosts": ["localhost", "127.0.0.1"],
        "secure_cookies": [False, False],
        "database": ["waw", "", "", "127.0.0.1", ""],
        "options": PREPARED,
        "origins": [],
        "layer": BY_POSTGRES,
    }


@pytest.mark.parametrize("hosts", ["*", "desk.example.com"])
def test_development_takes_any_host(hosts):
    assert _found(WAW_ENV="development", ALLOWED_HOSTS=hosts)["hosts"] == [hosts]


def test_the_checks_of_django_pass_for_production():
    """No model, template or setting is in error."""
    done = _ran(["manage.py", "check", "--fail-level", "ERROR"], OWN)

    assert done.returncode == 0, done.stderr
