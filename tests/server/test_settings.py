"""Production starts only with its own keys and hosts; development starts with nothing."""

import json
import os
import re
import subprocess
import sys

import pytest

from waw_server.ops.database import PROJECT

OWN = {
    "WAW_ENV": "production",
    "SECRET_KEY": "a key of its own for sessions and forms, as long as 0123456789",
    "JWT_SIGNING_KEY": "another key of its own, for access tokens",
    "ALLOWED_HOSTS": "waw.example.com, www.example.com",
    "DATABASE_URL": "postgresql://waw:p%40ss@db.example.com:5433/waw?sslmode=require",
}
WORDS = "the quick brown fox jumps over the lazy dog"
DEVELOPMENT_KEY = "for development on loopback only, refused in production"
RATES = ("SESSION_RATE", "ADDRESS_RATE", "SIGN_IN_RATE")
OPTIONAL = (
    *("CORS_ALLOWED_ORIGINS", "DEBUG", "EMAIL_FROM", "EMAIL_URL", "INVITATION_DAYS", "LIVE_URL"),
    *("REDIS_URL", "TRUSTED_PROXIES", *RATES),
    *("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_HOSTED_DOMAIN", "OIDC_SIGN_UP"),
    *("OIDC_DESKTOP_CLIENT_ID", "OIDC_DESKTOP_CLIENT_SECRET"),
)
NAMES = (*OWN, *OPTIONAL, *(f"{name}_FILE" for name in (*OWN, *OPTIONAL)))
SENDER = "Wellness at Work <waw@localhost>"
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
    "cookies": [it.SESSION_COOKIE_NAME, it.CSRF_COOKIE_NAME],
    "secure": [it.SESSION_COOKIE_SECURE, it.CSRF_COOKIE_SECURE, it.SECURE_SSL_REDIRECT],
    "hsts_s": it.SECURE_HSTS_SECONDS,
    "https_header": it.SECURE_PROXY_SSL_HEADER,
    "database": [database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")],
    "options": database["OPTIONS"],
    "origins": it.CORS_ALLOWED_ORIGINS,
    "proxies": it.TRUSTED_PROXIES,
    "rates": [it.SESSION_RATE, it.ADDRESS_RATE, it.SIGN_IN_RATE],
    "layer": it.CHANNEL_LAYERS["default"],
    "mail": [it.EMAIL_BACKEND.split(".")[-2], it.EMAIL_HOST, it.EMAIL_PORT, it.EMAIL_HOST_USER,
             it.EMAIL_HOST_PASSWORD, it.EMAIL_USE_TLS, it.EMAIL_USE_SSL, it.DEFAULT_FROM_EMAIL],
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


def _faults(done):
    """Return the lines of what is wrong, of a run that was refused."""
    assert done.returncode == 1, done.stdout
    return re.findall("^  - (.+)$", done.stderr, re.MULTILINE)


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
        "cookies": ["__Host-waw-session", "__Host-waw-csrf"],
        "secure": [True, True, True],
        "hsts_s": 31_536_000,
        "https_header": None,
        "database": ["waw", "waw", "p@ss", "db.example.com", "5433"],
        "options": {**PREPARED, "sslmode": "require"},
        "origins": [],
        "proxies": [],
        "rates": [20, 50, 5],
        "layer": BY_POSTGRES,
        "mail": ["smtp", "localhost", 25, "", "", False, False, SENDER],
    }


@pytest.mark.parametrize(
    "_case, changes, problem",
    [
        ("no key", {"SECRET_KEY": ""}, "SECRET_KEY must be set to a value of its own."),
        ("development's key", {"SECRET_KEY": DEVELOPMENT_KEY}, "SECRET_KEY must be set"),
        ("no signing key", {"JWT_SIGNING_KEY": ""}, "JWT_SIGNING_KEY must be set"),
        (
            "development's signing key",
            {"JWT_SIGNING_KEY": DEVELOPMENT_KEY},
            "JWT_SIGNING_KEY must be set",
        ),
        ("a short key", {"SECRET_KEY": OWN["SECRET_KEY"][:49]}, "SECRET_KEY must have 50"),
        ("a dull key", {"SECRET_KEY": "changeme" * 8}, "SECRET_KEY must have 50 characters"),
        ("Django's first key", {"SECRET_KEY": f"django-insecure-{WORDS}"}, "SECRET_KEY must have"),
        (
            "a short signing key",
            {"JWT_SIGNING_KEY": OWN["JWT_SIGNING_KEY"][:31]},
            "JWT_SIGNING_KEY must have 32 characters or more, and be random.",
        ),
        (
            "one key for both",
            {"JWT_SIGNING_KEY": OWN["SECRET_KEY"]},
            "SECRET_KEY and JWT_SIGNING_KEY must differ.",
        ),
        ("a page as socket", {"LIVE_URL": "https://a.example.com"}, "LIVE_URL must start with"),
        ("more than a socket", {"LIVE_URL": "wss://a; img-src *"}, "LIVE_URL must start with wss"),
        ("no hosts", {"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must be set"),
        ("development's hosts", {"ALLOWED_HOSTS": "localhost,127.0.0.1"}, "ALLOWED_HOSTS must be"),
        ("any host", {"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name each host"),
        ("any host, too", {"ALLOWED_HOSTS": "waw.example.com, *"}, "ALLOWED_HOSTS must name each"),
        ("any host below", {"ALLOWED_HOSTS": "*.example.com"}, "ALLOWED_HOSTS must name each"),
        ("any host below, too", {"ALLOWED_HOSTS": ".example.com"}, "ALLOWED_HOSTS must name each"),
        ("no database", {"DATABASE_URL": ""}, "DATABASE_URL must be set"),
        ("another database", {"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL must start with"),
        ("no URL", {"DATABASE_URL": "db.example.com"}, "DATABASE_URL must start with postgresql:"),
        ("another layer", {"REDIS_URL": "memory://"}, "REDIS_URL must start with redis://"),
        ("debugging", {"DEBUG": "True"}, "DEBUG must be off"),
        ("something else", {"DEBUG": "please"}, "DEBUG is 1 or 0"),
        ("no such file", {"REDIS_URL_FILE": "/nowhere"}, "REDIS_URL_FILE names a file that cannot"),
        ("letters in the log", {"EMAIL_URL": "console://"}, "EMAIL_URL must start with smtp://"),
        ("no such way", {"EMAIL_URL": "pigeon://coop"}, "EMAIL_URL must start with smtp://"),
        ("an issuer overheard", {"OIDC_ISSUER": "http://id.example.com"}, "OIDC_ISSUER must start"),
        ("an issuer here", {"OIDC_ISSUER": "http://127.0.0.1:1"}, "OIDC_ISSUER must start with"),
        ("no time", {"INVITATION_DAYS": "0"}, "INVITATION_DAYS must be a number of days from 1"),
        ("for ever", {"INVITATION_DAYS": "31"}, "INVITATION_DAYS must be a number of days"),
        *(
            (origin, {"CORS_ALLOWED_ORIGINS": origin}, "CORS_ALLOWED_ORIGINS must name each")
            for origin in ("a.example.com", "*", "https://*.example.com", "https://a.example.com/")
        ),
        ("a proxy's name", {"TRUSTED_PROXIES": "proxy"}, "TRUSTED_PROXIES must name each proxy as"),
        ("no rate", {"SESSION_RATE": "0"}, "SESSION_RATE must be a whole number of requests"),
        ("a rate in words", {"SIGN_IN_RATE": "many"}, "SIGN_IN_RATE must be a whole number"),
    ],
)
def test_production_refuses(_case, changes, problem):
    """With the name of the variable, and without showing any value of a key."""
    done = _loaded(**{**OWN, **changes})

    (fault,) = _faults(done)
    assert fault.startswith(problem)
    assert OWN["SECRET_KEY"] not in done.stderr + done.stdout
    assert OWN["JWT_SIGNING_KEY"] not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "_case, name",
    [
        ("a typing error", "prod"),
        ("nothing for it", ""),
    ],
)
def test_an_environment_that_there_is_not(_case, name):
    """Nobody knows which rules it would have."""
    done = _loaded(**{**OWN, "WAW_ENV": name})

    assert done.returncode == 1
    assert f"WAW_ENV is production or development, not {name!r}." in done.stderr


def test_every_fault_is_told_at_once():
    """By any command, in one message without a traceback, in the order of the file."""
    done = _ran(
        ["manage.py", "check"],
        {
            "WAW_ENV": "production",
            "SECRET_KEY": "short",
            "ALLOWED_HOSTS": "*",
            "CORS_ALLOWED_ORIGINS": "*",
            "DEBUG": "1",
            "REDIS_URL": "memory://",
            "DATABASE_URL": "sqlite:///x",
        },
    )

    assert done.returncode == 1
    assert [fault.split()[0] for fault in _faults(done)] == [
        *("DEBUG", "SECRET_KEY", "JWT_SIGNING_KEY", "ALLOWED_HOSTS"),
        *("DATABASE_URL", "REDIS_URL", "CORS_ALLOWED_ORIGINS"),
    ]
    assert "Traceback" not in done.stderr
    assert "short" not in done.stderr


def test_a_server_says_why_it_does_not_start():
    """It is the last that it says, whichever server loads it."""
    for module in ("waw_server.wsgi", "waw_server.asgi"):
        done = _ran(["-c", f"import {module}"], {**OWN, "DEBUG": "1"})

        assert done.returncode == 1
        assert "  - DEBUG must be off" in done.stderr
        assert "Traceback" not in done.stderr


def test_what_may_be_given(tmp_path):
    """Redis, with its password in a file, and pages from elsewhere."""
    secret = tmp_path / "secret"
    secret.write_text("rediss://:p@redis.example.com:6380/1\n")

    found = _found(
        **OWN,
        REDIS_URL_FILE=str(secret),
        CORS_ALLOWED_ORIGINS="https://a.example.com, http://b:81",
        TRUSTED_PROXIES="10.0.0.7, 2001:db8::/64",
        SESSION_RATE="7",
    )

    assert found["origins"] == ["https://a.example.com", "http://b:81"]
    assert found["proxies"] == ["10.0.0.7/32", "2001:db8::/64"]
    assert found["rates"] == [7, 50, 5]
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
        "cookies": ["waw-session", "waw-csrf"],
        "secure": [False, False, False],
        "hsts_s": 0,
        "https_header": None,
        "database": ["waw", "", "", "127.0.0.1", ""],
        "options": PREPARED,
        "origins": [],
        "proxies": [],
        "rates": [20, 50, 5],
        "layer": BY_POSTGRES,
        "mail": ["console", "localhost", 0, "", "", False, False, SENDER],
    }


@pytest.mark.parametrize(
    "url, mail",
    [
        ("smtp://relay", ["smtp", "relay", 25, "", "", False, False]),
        ("smtp+tls://a%40b:p%2F@m:2525", ["smtp", "m", 2525, "a@b", "p/", True, False]),
        ("smtps://a:p@m", ["smtp", "m", 465, "a", "p", False, True]),
    ],
)
def test_how_letters_leave(url, mail):
    """With a user, a port and encryption, as the URL says."""
    found = _found(**OWN, EMAIL_URL=url, EMAIL_FROM="WaW <waw@example.com>")

    assert found["mail"] == [*mail, "WaW <waw@example.com>"]


@pytest.mark.parametrize("hosts", ["*", "desk.example.com"])
def test_development_takes_any_host(hosts):
    assert _found(WAW_ENV="development", ALLOWED_HOSTS=hosts)["hosts"] == [hosts]


def test_development_may_debug():
    assert _found(WAW_ENV="development", DEBUG="1")["debug"]


def test_the_word_of_a_proxy_counts_where_one_is_named():
    """Else anybody could claim to have come by https."""
    found = _found(**OWN, TRUSTED_PROXIES="10.0.0.1")

    assert found["https_header"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_djangos_checks_for_production_find_nothing():
    """Not one warning, with no more than the least that production asks for."""
    done = _ran(["manage.py", "check", "--deploy", "--fail-level", "DEBUG"], OWN)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert done.stderr == ""
