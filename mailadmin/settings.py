"""Django's settings, made from the environment (`mailadmin/env.py`)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from csp.constants import NONE, SELF

from mailadmin.env import BASE_DIR, read_config

CONFIG = read_config()

SECRET_KEY = CONFIG.secret_key
DEBUG = CONFIG.debug
ALLOWED_HOSTS = CONFIG.allowed_hosts
CSRF_TRUSTED_ORIGINS = CONFIG.csrf_trusted_origins

INSTALLED_APPS = [
    "mailadmin.apps.MailadminConfig",
    "bulk",
    "dnshealth",
    "mailserver",
    "accounts",
    "mailboxes",
    "domains",
    # Before django_tasks_db, whose command db_worker it replaces.
    "worker",
    "django_tasks_db",
    "audit",
    "mailadmin.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "mailadmin.middleware.HeadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before WhiteNoise, which answers for static files by itself: they carry the policy too.
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mailadmin.middleware.RequestSizeMiddleware",
    "mailadmin.middleware.ProxyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ActorMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "mailadmin.middleware.UploadMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "mailadmin.urls"
WSGI_APPLICATION = "mailadmin.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mailadmin.navigation.navigation",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {"default": CONFIG.database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.OperatorBackend",
    "accounts.backends.MailboxOwnerBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"

CSRF_FAILURE_VIEW = "mailadmin.errors.csrf_failure"
DEFAULT_EXCEPTION_REPORTER = "mailadmin.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "mailadmin.error_reports.Filter"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
# Tabler's css and js come out of the wheel django-jazzy-tabler, whose app is not installed.
TABLER = find_spec("jazzy_tabler")
assert TABLER is not None  # noqa: S101 - requirements.txt has it
assert TABLER.origin is not None  # noqa: S101
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("tabler", Path(TABLER.origin).parent / "static" / "vendor" / "tabler"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "mailadmin.staticfiles.Storage"},
}

# Bytes. Forms without files, then everything; a domain's bulk edit has some hundred fields.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
LARGEST_REQUEST = 10_000_000
# Where operators upload files, which go to disk as they come in.
UPLOAD_PATHS = ("/import/",)
LARGEST_UPLOAD = 256 * 1024 * 1024

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = CONFIG.session_hours * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.behind_tls
# No script of ours reads a cookie; forms carry the token.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if CONFIG.behind_tls else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

EMAIL_HOST = CONFIG.email["EMAIL_HOST"]
EMAIL_PORT = CONFIG.email["EMAIL_PORT"] or 25
EMAIL_HOST_USER = CONFIG.email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = CONFIG.email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = CONFIG.email["EMAIL_USE_TLS"]
EMAIL_USE_SSL = CONFIG.email["EMAIL_USE_SSL"]
EMAIL_BACKEND = CONFIG.email["EMAIL_BACKEND"]
# Seconds; somebody may be waiting for the answer.
EMAIL_TIMEOUT = 20

# Called with what was logged, after its transaction: see `audit.told`.
TOLD_OF_CHANGES = ["accounts.notices.tell_forwardings_changed"]

DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.default_from_email

# Work that nobody waits for: rows of this database, done by `manage.py worker run`.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

MAILADMIN = CONFIG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {"refusals": {"()": "mailadmin.logs.RefusalsInOneLine"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}
