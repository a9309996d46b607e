"""Django settings, read top to bottom; whatever differs between sites comes from ``config.environment``."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF

from config.environment import ROOT, InvalidEnvironmentError, exit_with, load_environment
from core.logging import logging_config

try:
    env = load_environment()
except InvalidEnvironmentError as error:
    exit_with(error)

BASE_DIR = ROOT

# The site
SITE_URL = env.site_url
SITE_URL_IS_DEFAULT = "site_url" not in env.model_fields_set
SITE_NAME = env.site_name
SITE_DESCRIPTION = env.site_description
SECURE = SITE_URL.startswith("https://")

DEBUG = env.debug
SECRET_KEY = env.secret_key.get_secret_value() if env.secret_key else ""
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in env.secret_key_fallbacks]
DATA_DIR = env.data_dir
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or "", *env.allowed_hosts]
if not SECURE:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = env.trusted_proxies
WEB_PROCESSES, WEB_THREADS, WORKER_PROCESSES = env.web_processes, env.web_threads, env.worker_processes

INSTALLED_APPS = [
    "articles",
    "accounts",
    "core",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "core.apps.BroadsheetAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]

MIDDLEWARE = [
    "core.middleware.RequestTimingMiddleware",
    "core.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "articles.redirects.RedirectMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.site",
            ],
        },
    },
]

# Databases
if env.database_url is None:
    _database: dict[str, Any] = {**dj_database_url.parse(f"sqlite:///{DATA_DIR}/broadsheet.sqlite3")}
else:
    _database = {**dj_database_url.parse(env.database_url.get_secret_value(), conn_health_checks=True)}
DATABASES = {"default": _database}
_options: dict[str, Any] = _database.setdefault("OPTIONS", {})
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A deferred transaction that reads before it writes fails at once with "database is locked" when another wrote.
    _options["transaction_mode"] = "IMMEDIATE"
    _options["timeout"] = 20
    _options["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
        "PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
    )
    _database["CONN_MAX_AGE"] = None
    _database["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
elif env.database_pool:
    _database["CONN_MAX_AGE"] = 0
    _options["pool"] = {"min_size": 1, "max_size": env.database_pool_size, "timeout": 5}
    _options["options"] = f"-c statement_timeout={env.statement_timeout} -c lock_timeout={env.statement_timeout}"
else:
    _database["CONN_MAX_AGE"] = 600

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache. `manage.py up` leaves the address of its own Valkey in DATA_DIR, so that commands beside it find it.
REDIS_URL_FILE = DATA_DIR / "redis_url"
REDIS_URL_IS_SET = env.redis_url is not None
REDIS_URL = env.redis_url.get_secret_value() if env.redis_url else ""
if not REDIS_URL and REDIS_URL_FILE.is_file():
    REDIS_URL = REDIS_URL_FILE.read_text(encoding="utf-8").strip()

if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "core.cache.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "broadsheet",
            "OPTIONS": {
                "CONNECTION_POOL_CLASS": "redis.connection.BlockingConnectionPool",
                "CONNECTION_POOL_KWARGS": {"max_connections": 32, "timeout": 1},
                "SOCKET_CONNECT_TIMEOUT": 0.25,
                "SOCKET_TIMEOUT": 0.25,
                "IGNORE_EXCEPTIONS": True,
            },
        }
    }
else:
    CACHES = {"default": {"BACKEND": "core.cache.LocMemCache"}}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

# Background work
_broker = env.broker_url.get_secret_value() if env.broker_url else REDIS_URL
if _broker.startswith("unix://"):
    _socket = urlsplit(_broker)
    _broker = f"redis+socket://{_socket.path}?virtual_host={parse_qs(_socket.query).get('db', ['0'])[0]}"
BROKER_CONFIGURED = bool(_broker)
CELERY_BROKER_URL = _broker or "redis://127.0.0.1:1/0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 1
# Whoever enqueues does not wait for a broker that is away.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
if "redis" in _broker.partition(":")[0]:
    # A message whose worker died comes back after the timeout; by default the sweep that brings it back is rare.
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "visibility_timeout": 3600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 1700
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# KiB; a child that decoded something large gives its memory back after that task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# How long a worker that must stop waits for its tasks before it hands them back to the broker.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_DB_REUSE_MAX = 500
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "repair-images": {"task": "articles.tasks.repair_images", "schedule": 60},
    "resume-imports": {"task": "articles.tasks.resume_imports", "schedule": 60},
    "repair-avatars": {"task": "accounts.tasks.repair_avatars", "schedule": 300},
    "flush-expired-tokens": {"task": "accounts.tasks.flush_expired_tokens", "schedule": crontab(hour=3, minute=17)},
}

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.LimitedBackend"]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "articles:home"
LOGOUT_REDIRECT_URL = "articles:home"
PASSWORD_RESET_TIMEOUT = 3600
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Languages and time
LANGUAGE_CODE = env.language_code
TIME_ZONE = env.time_zone
USE_I18N = True
USE_TZ = True

# Files. `uploads` holds bytes as they came, which nobody is served; `default` holds only what a worker re-encoded.
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"


def _s3(url: str, location: str, *, public: bool) -> dict[str, Any]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    scheme = query.get("scheme", ["https"])[0]
    port = f":{parts.port}" if parts.port else ""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "endpoint_url": f"{scheme}://{parts.hostname}{port}",
            "bucket_name": parts.path.strip("/"),
            "region_name": query.get("region", [None])[0],
            "location": location,
            "querystring_auth": not public,
            "file_overwrite": True,
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"} if public else {},
        },
    }


if env.storage_url:
    _storage_url = env.storage_url.get_secret_value()
    _default_storage = _s3(_storage_url, "media", public=True)
    _upload_storage = _s3(_storage_url, "uploads", public=False)
else:
    _default_storage = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    _upload_storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "uploads", "base_url": None},
    }
STORAGES: dict[str, Any] = {
    "default": _default_storage,
    "uploads": _upload_storage,
    "staticfiles": {"BACKEND": "core.staticfiles.StaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
# What nobody has collected is served from where it lies.
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_PERMISSIONS = 0o644
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_HANDLERS = [
    "core.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
IMAGE_MAX_BYTES = 32 * 1024 * 1024
UPLOAD_MAX_BYTES = 2 * 1024 * 1024 * 1024

# Mail
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.email_from
EMAIL_TIMEOUT = 10
if env.email_url:
    _mail = urlsplit(env.email_url.get_secret_value())
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname
    EMAIL_PORT = _mail.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[_mail.scheme]
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
    EMAIL_USE_SSL = _mail.scheme == "smtps"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

# What browsers are told
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-sessionid" if SECURE else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SECURE else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
_media_origin = (
    [
        f"{urlsplit(_default_storage['OPTIONS']['endpoint_url']).scheme}://{urlsplit(_default_storage['OPTIONS']['endpoint_url']).netloc}"
    ]
    if env.storage_url
    else []
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "https:", *_media_origin],
        "media-src": [SELF, "https:"],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

LOGGING = logging_config(env.log_format, env.log_level)

# API
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttling.RateThrottle"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Schema",
    "EXCEPTION_HANDLER": "core.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests, and the seconds in which they may come, for each user and for each address of strangers.
API_RATE_LIMITS = {"anonymous": (3000, 60), "user": (6000, 60)}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": f"{SITE_NAME} API",
    "DESCRIPTION": "Articles, pages and images, by the same rules as the admin. Errors are RFC 9457 problem details.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayOperationId": True, "validatorUrl": None},
}

# The admin's theme; its colours stand in articles/static/articles/admin/theme.css
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": SITE_NAME,
    "SITE_HEADER": SITE_NAME,
    "SITE_SYMBOL": "newsmode",
    "SITE_URL": "/",
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "articles.admin.dashboard.dashboard",
    "SIDEBAR": {"navigation": "articles.admin.navigation.sidebar"},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "articles.admin.navigation.favicon"}],
    "STYLES": ["articles.admin.navigation.stylesheet"],
    "SCRIPTS": ["articles.admin.navigation.access"],
}
