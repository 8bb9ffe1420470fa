"""Every setting and the environment variable behind it; nobody else reads `os.environ`.

`WAW_ENV` is `production` unless said otherwise, and production starts only with its own keys
and hosts. A variable may also be given as `NAME_FILE`, the path of a file that holds it.
`.env.example` lists them all. What is wrong with them is gathered and said at the end, at once.
"""

import os
import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import dotenv
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
dotenv.load_dotenv(BASE_DIR / ".env")

DEVELOPMENT_KEY = "for development on loopback only, refused in production"


FAULTS: list[str] = []  # what is wrong with the environment; with any, nothing starts


def _text(name: str, development: str = "") -> str:
    """Return a variable that production must set to a value of its own."""
    value = _given(name)
    if IS_DEVELOPMENT:
        return value or development
    if not value or (development and value == development):
        FAULTS.append(f"{name} must be set to a value of its own.")
        return ""
    return value


def _given(name: str) -> str:
    """Return a variable that may be left out, or the content of the file `NAME_FILE` names."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name, "")
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        FAULTS.append(f"{name}_FILE names a file that cannot be read as text.")
        return ""


def _is_on(name: str) -> bool:
    value = _given(name).lower()
    if value not in ("", "0", "1", "false", "true"):
        FAULTS.append(f"{name} is 1 or 0.")
    return value in ("1", "true")


def _environment() -> str:
    name = os.environ.get("WAW_ENV", "production")
    if name not in ("production", "development"):
        raise ImproperlyConfigured(f"WAW_ENV is production or development, not {name!r}.")
    return name


def _key(name: str, least: int) -> str:
    """Return a secret that nobody else knows and nobody can guess.

    Args:
        name: Of the variable.
        least: How many characters it has in production.
    """
    key = _text(name, DEVELOPMENT_KEY)
    is_weak = len(key) < least or len(set(key)) < 10 or key.startswith("django-insecure-")
    if key and is_weak and not IS_DEVELOPMENT:
        FAULTS.append(f"{name} must have {least} characters or more, and be random.")
    return key


def _debug() -> bool:
    is_on = _is_on("DEBUG")
    if is_on and not IS_DEVELOPMENT:
        FAULTS.append("DEBUG must be off: its pages show settings and values to anybody.")
    return is_on


def _hosts() -> list[str]:
    hosts = _listed(_text("ALLOWED_HOSTS", "localhost,127.0.0.1"))
    if any("*" in host or host.startswith(".") for host in hosts) and not IS_DEVELOPMENT:
        FAULTS.append("ALLOWED_HOSTS must name each host; * and .example.com are refused.")
    return hosts


def _origins(name: str) -> list[str]:
    origins = _listed(_given(name))
    if not all(re.fullmatch(r"https?://[^/*?#@\s]+", origin) for origin in origins):
        FAULTS.append(f"{name} must name each origin as https://host; * is refused.")
    return origins


def _live_url(url: str) -> str:
    if url and not re.fullmatch(r"wss?://[^\s;,*?#]+", url):
        FAULTS.append("LIVE_URL must start with wss:// or ws://, and name one address.")
    return url


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _proxies(name: str) -> list[str]:
    proxies = _listed(_given(name))
    try:
        return [str(ip_network(proxy)) for proxy in proxies]
    except ValueError:
        FAULTS.append(f"{name} must name each proxy as 10.0.0.7 or 10.0.0.0/24.")
        return []


def _rate(name: str, usual: int) -> int:
    """Return requests a second."""
    value = _given(name) or str(usual)
    if not value.isdecimal() or int(value) < 1:
        FAULTS.append(f"{name} must be a whole number of requests a second, 1 or more.")
        return usual
    return int(value)


def _channel_layer(redis_url: str) -> dict[str, Any]:
    """Return how processes tell each other of news; never in memory, which reaches only one."""
    if not redis_url:
        return {"BACKEND": "waw_server.ops.layer.PostgresLayer"}
    if not redis_url.startswith(("redis://", "rediss://", "unix://")):
        FAULTS.append("REDIS_URL must start with redis://, rediss:// or unix://.")
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [redis_url], "prefix": "waw"},
    }


def _database(url: str) -> dict[str, Any]:
    """Return Django's settings for a `postgresql://user:password@host:port/name` URL."""
    parts = urlsplit(url)
    if url and parts.scheme not in ("postgresql", "postgres"):
        FAULTS.append("DATABASE_URL must start with postgresql://.")
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


def _mail(url: str) -> dict[str, Any]:
    """Return Django's settings for a URL such as `smtp+tls://user:password@host:587`.

    Without one, development shows letters on the terminal, and production asks port 25 of its
    own machine: a letter on a terminal is a letter in a log.
    """
    parts = urlsplit(url or ("console://" if IS_DEVELOPMENT else "smtp://localhost"))
    ports = {"console": 0, "smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or (parts.scheme == "console" and not IS_DEVELOPMENT):
        FAULTS.append("EMAIL_URL must start with smtp://, smtp+tls:// or smtps://.")
    kind = "console" if parts.scheme == "console" else "smtp"
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or ports.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def _days(name: str, default: int, most: int) -> timedelta:
    text = _given(name) or str(default)
    if not (text.isdecimal() and 1 <= int(text) <= most):
        FAULTS.append(f"{name} must be a number of days from 1 to {most}.")
        return timedelta(days=default)
    return timedelta(days=int(text))


def _issuer() -> str:
    url = _given("OIDC_ISSUER") or "https://accounts.google.com"
    parts = urlsplit(url)
    is_here = IS_DEVELOPMENT and parts.hostname in ("127.0.0.1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
        FAULTS.append("OIDC_ISSUER must start with https://.")
    return url


IS_DEVELOPMENT = _environment() == "development"
DEBUG = _debug()
SECRET_KEY = _key("SECRET_KEY", 50)  # Django's own check asks for as many
JWT_SIGNING_KEY = _key("JWT_SIGNING_KEY", 32)  # RFC 7518, 3.2: as long as what HS256 gives
if SECRET_KEY and SECRET_KEY == JWT_SIGNING_KEY and not IS_DEVELOPMENT:
    FAULTS.append("SECRET_KEY and JWT_SIGNING_KEY must differ.")
ALLOWED_HOSTS = _hosts()
# Without a URL the embedded cluster's is exported by manage.py and wsgi.py; the commands that
# need no database never connect to this one.
DATABASES = {"default": _database(_text("DATABASE_URL", "postgresql://127.0.0.1/waw"))}
CHANNEL_LAYERS = {"default": _channel_layer(_given("REDIS_URL"))}
# Which pages elsewhere may ask the API, by HTTP and by WebSocket; no cookie is ever sent along.
CORS_ALLOWED_ORIGINS = _origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/graphql$"
CORS_ALLOW_METHODS = ["POST"]
CORS_ALLOW_HEADERS = ["authorization", "content-type"]
CORS_EXPOSE_HEADERS = ["retry-after"]
TRUSTED_PROXIES = _proxies("TRUSTED_PROXIES")
SESSION_RATE = _rate("SESSION_RATE", 20)
ADDRESS_RATE = _rate("ADDRESS_RATE", 50)
SIGN_IN_RATE = _rate("SIGN_IN_RATE", 5)

INSTALLED_APPS = [
    "waw_server.web.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "strawberry_django",
    "corsheaders",
    "waw_server.ops",
    "waw_server.accounts",
    "waw_server.blinks",
    "waw_server.web",
]
MIDDLEWARE = [
    "waw_server.web.headers.protected",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "waw_server.api.view.before_pages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
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
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: who has to wait costs no hash
    "django.contrib.auth.backends.ModelBackend",
]
# Why these: waw_server/accounts/lockout.py
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the wait ends, however often one tries
AXES_USERNAME_CALLABLE = "waw_server.accounts.lockout.account"
AXES_CLIENT_IP_CALLABLE = "waw_server.accounts.lockout.address"
AXES_SENSITIVE_PARAMETERS = ["username", "email", "ip_address", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # when somebody signed in, and where, is not kept
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
PASSWORD_HASHERS = ["waw_server.accounts.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
ADMIN_TOTP = _is_on("ADMIN_TOTP") or not IS_DEVELOPMENT
OTP_TOTP_ISSUER = "Wellness at Work"  # as authenticators show it
SIMPLE_JWT: dict[str, Any] = {
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ALGORITHM": "HS256",
    "ISSUER": "waw",
    "AUDIENCE": "waw-api",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "USER_ID_CLAIM": "sub",
}

INVITATION_LASTS = _days("INVITATION_DAYS", 7, most=30)
PASSWORD_RESET_TIMEOUT = 3600  # seconds

globals().update(_mail(_given("EMAIL_URL")))
EMAIL_TIMEOUT = 10  # seconds; whoever sends an invitation waits for it
DEFAULT_FROM_EMAIL = _given("EMAIL_FROM") or "Wellness at Work <waw@localhost>"

# The prefix has browsers take a cookie from this host alone, by https, for all its paths.
_PREFIX = "" if IS_DEVELOPMENT else "__Host-"
SESSION_COOKIE_NAME = f"{_PREFIX}waw-session"
CSRF_COOKIE_NAME = f"{_PREFIX}waw-csrf"
OIDC_ISSUER = _issuer()
OIDC_CLIENT_ID = _given("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = _given("OIDC_CLIENT_SECRET")
OIDC_DESKTOP_CLIENT_ID = _given("OIDC_DESKTOP_CLIENT_ID")
OIDC_DESKTOP_CLIENT_SECRET = _given("OIDC_DESKTOP_CLIENT_SECRET")
OIDC_HOSTED_DOMAIN = _given("OIDC_HOSTED_DOMAIN")
OIDC_SIGN_UP = _is_on("OIDC_SIGN_UP")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_DEVELOPMENT
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # seconds; whoever works in the admin signs in once a day
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no third cookie

SECURE_SSL_REDIRECT = not IS_DEVELOPMENT
# By plain http the API refuses. A redirect would let a client go on that way unnoticed, with
# its token readable on each first request.
SECURE_REDIRECT_EXEMPT = ["^graphql$"]
# Anybody can send this header, so it counts only where a proxy in front is known to set it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 0 if IS_DEVELOPMENT else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not IS_DEVELOPMENT
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LIVE_URL = _live_url(_given("LIVE_URL"))
# Named as in Django 6, which sends it itself. What is not listed here is not allowed at all.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'", *([LIVE_URL] if LIVE_URL else [])],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
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

if FAULTS:
    raise ImproperlyConfigured(
        "\n  - ".join((f"WaW does not start in {_environment()}:", *FAULTS))
        + "\n.env.example tells what each variable is for. "
        "On your own machine, set WAW_ENV=development instead."
    )
