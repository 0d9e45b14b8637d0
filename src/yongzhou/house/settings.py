"""Django settings of the house. Everything that differs between two cities comes from `core.home.Home`."""

from __future__ import annotations

import os
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from yongzhou.core.home import Home
from yongzhou.house.rooms import apps

HOME = Home.here()
PACKAGE = Path(__file__).resolve().parents[1]

DEBUG = False
SECRET_KEY = HOME.secret("django")
ALLOWED_HOSTS = ["*"]  # the front decides which names reach the house

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *apps(PACKAGE),
]

MIDDLEWARE = [
    "yongzhou.house.observe.web.Observed",
    "yongzhou.portals.gate.middleware.Shield",
    "yongzhou.house.quotas.web.Brake",
    "yongzhou.portals.look.middleware.Again",
    "yongzhou.portals.look.middleware.Language",
    "django.middleware.gzip.GZipMiddleware",
    "yongzhou.portals.gate.programs.Programs",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "yongzhou.portals.gate.middleware.WhoAsks",
]

ROOT_URLCONF = "yongzhou.house.urls"
WSGI_APPLICATION = "yongzhou.house.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "house" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "yongzhou.portals.gate.context.house",
                "yongzhou.portals.workbench.nav.desk",
            ],
        },
    }
]


def _database(dsn: str) -> dict[str, object]:
    """Django's form of a libpq string or a `postgresql://` address, several hosts of a standby pair included."""
    parts: dict[str, str] = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    known = {name: parts.pop(name, "") for name in ("dbname", "host", "port", "user", "password")}
    return {
        "ENGINE": "yongzhou.core.database",
        "NAME": known["dbname"],
        "HOST": known["host"],
        "PORT": known["port"],
        "USER": known["user"],
        "PASSWORD": known["password"],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": os.environ.get("YZ_ROLE", "yongzhou"), **parts},
    }


DATABASES = {"default": _database(HOME.dsn("yz_owner"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Login"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STATIC_ROOT = HOME.data / "static"

LOGIN_URL = "/login/"
SESSION_COOKIE_NAME = "yz_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = "yz_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "yongzhou.portals.gate.views.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = True
CSRF_TRUSTED_ORIGINS: list[str] = []
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "yongzhou.core.observe.logs.formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django names the address of each refused or failed request, which may hold a person's number; ours names its route
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "ERROR"}},
}
