"""Every setting and the environment variable behind it; nobody else reads `os.environ`.

`WAW_ENV` is `production` unless said otherwise, and production starts only with its own keys
and hosts. A variable may also be given as `NAME_FILE`, the path of a file that holds it.
`.env.example` lists them all.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import dotenv
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
dotenv.load_dotenv(BASE_DIR / ".env")

DEVELOPMENT_KEY = "for development on loopback only, refused in production"


def _text(name: str, development: str = "") -> str:
    """Return a variable, or the content of the file that `NAME_FILE` names.

    Raises:
        ImproperlyConfigured: In production, if neither is set or it is development's value.
    """
    value = _given(name)
    if IS_DEVELOPMENT:
        return value or development
    if not value or (development and value == development):
        raise ImproperlyConfigured(
            f"{name} must be set to a value of its own; "
            "on your own machine, set WAW_ENV=development instead."
        )
    return value


def _given(name: str) -> str:
    """Return a variable that may be left out, or the content of the file `NAME_FILE` names."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text().strip() if file else os.environ.get(name, "")


def _environment() -> str:
    name = os.environ.get("WAW_ENV", "production")
    if name not in ("production", "development"):
        raise ImproperlyConfigured(f"WAW_ENV is production or development, not {name!r}.")
    return name


def _hosts() -> list[str]:
    hosts = [host.strip() for host in _text("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")]
    if any("*" in host for host in hosts) and not IS_DEVELOPMENT:
        raise ImproperlyConfigured("ALLOWED_HOSTS names each host; * is refused in production.")
    return hosts


def _origins(text: str) -> list[str]:
    origins = [origin.strip() for origin in text.split(",") if origin.strip()]
    if not all(urlsplit(origin).scheme in ("http", "https") for origin in origins):
        raise ImproperlyConfigured("ALLOWED_ORIGINS names each as https://host or http://host.")
    return origins


def _channel_layer(redis_url: str) -> dict[str, Any]:
    """Return how processes tell each other of news; never in memory, which reaches only one."""
    if not redis_url:
        return {"BACKEND": "waw_server.ops.layer.PostgresLayer"}
    if not redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("REDIS_URL starts with redis://, rediss:// or unix://")
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [redis_url], "prefix": "waw"},
    }


def _database(url: str) -> dict[str, Any]:
    """Return Django's settings for a `postgresql://user:password@host:port/name` URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured("DATABASE_URL starts with postgresql://")
    return {
        "ENGINE": "waw_server.ops.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Parameters bound by PostgreSQL, and statements prepared after five uses: planning the
        # statement that takes messages in costs twice what running it does.
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": 5,
            **dict(parse_qsl(parts.query)),
        },
        # Threads live as long as the process, so each keeps its connection.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


IS_DEVELOPMENT = _environment() == "development"
DEBUG = False  # its pages show settings and values; development does without as well
SECRET_KEY = _text("SECRET_KEY", DEVELOPMENT_KEY)
ALLOWED_HOSTS = _hosts()
# Without a URL the embedded cluster's is exported by manage.py and wsgi.py; the commands that
# need no database never connect to this one.
DATABASES = {"default": _database(_text("DATABASE_URL", "postgresql://127.0.0.1/waw"))}
CHANNEL_LAYERS = {"default": _channel_layer(_given("REDIS_URL"))}
ALLOWED_ORIGINS = _origins(_given("ALLOWED_ORIGINS"))

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "strawberry_django",
    "waw_server.ops",
    "waw_server.accounts",
    "waw_server.blinks",
    "waw_server.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "waw_server.api.view.before_pages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "waw_server.urls"
WSGI_APPLICATION = "waw_server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["waw_server.accounts.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
SIMPLE_JWT: dict[str, Any] = {
    "SIGNING_KEY": _text("JWT_SIGNING_KEY", DEVELOPMENT_KEY),
    "ALGORITHM": "HS256",
    "ISSUER": "waw",
    "AUDIENCE": "waw-api",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "USER_ID_CLAIM": "sub",
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_DEVELOPMENT
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20  # bytes; a batch of 250 messages is under a quarter

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = IS_DEVELOPMENT  # no collectstatic there
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
