"""The environment that configures Broadsheet: every variable, its type, and what it refuses.

``python -m config.environment`` prints the page ``docs/configuration.md``.
"""

import difflib
import functools
import os
import re
import secrets
import sys
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from django.conf.global_settings import LANGUAGES
from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"
HOST_NAME = re.compile(r"\.?[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[?[0-9a-fA-F:.]+\]?|\*")
SCHEMES = {
    "database_url": ("postgresql", "postgres", "sqlite"),
    "redis_url": ("redis", "rediss", "unix"),
    "broker_url": ("redis", "rediss", "unix", "amqp", "amqps"),
    "storage_url": ("s3",),
    "email_url": ("smtp", "smtp+tls", "smtps"),
}


INTRODUCTION = """# Configuration

Every setting is an environment variable. None has to be set on your own machine; a public site wants `SITE_URL`,
`DATABASE_URL`, `REDIS_URL` and `EMAIL_URL`.

* A file `.env` beside `manage.py` may hold them, one `NAME=value` a line. What the process's environment says wins.
* Any of them may come from a file, as container secrets do: `SECRET_KEY_FILE=/run/secrets/key` instead of `SECRET_KEY`.
* A wrong value ends the process before anything starts, with the variable, its fault and an example.
* An empty value counts as not set.

This page is made by `python -m config.environment > docs/configuration.md`.

"""


class InvalidEnvironmentError(Exception):
    """The environment cannot configure the site; the message names each variable, its fault and the remedy."""


@functools.cache
def env_file() -> dict[str, str | None]:
    """What ``.env`` says. A name that is nearly one of ours would be ignored in silence, so it is refused."""
    try:
        values = dotenv_values(ENV_FILE)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidEnvironmentError(
            f"{ENV_FILE} cannot be read: {error}. Make it a readable UTF-8 text file."
        ) from error
    known = [name.upper() for name in Environment.model_fields]
    known += [f"{name}_FILE" for name in known]
    for name in values:
        close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.85)
        if name.upper() not in known and close:
            raise InvalidEnvironmentError(f"{name} in {ENV_FILE} is not a variable. Do you mean {close[0]}?")
    return values


class SecretFileSource(EnvSettingsSource):
    """Reads ``NAME`` from the file that ``NAME_FILE`` points at, as container secrets are delivered."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = field_name.upper()
        path = os.environ.get(f"{name}_FILE") or env_file().get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(name) or env_file().get(name):
            raise InvalidEnvironmentError(f"{name} and {name}_FILE are both set. Keep one of them.")
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidEnvironmentError(
                f"{name}_FILE: cannot read {path}: {error}. Point it at a readable text file."
            ) from error
        if not value:
            raise InvalidEnvironmentError(f"{name}_FILE: {path} is empty. Write the value of {name} into it.")
        return value, field_name, False


class Environment(BaseSettings):
    """One field a variable. Descriptions are shown in the documentation and in the error for a wrong value."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, frozen=True
    )

    site_url: str = Field(
        "http://127.0.0.1:8000",
        description="Public address of the site, without a path. Without it, `manage.py up` takes its --host and --port. https turns on secure cookies, HSTS and the redirect to https.",
        examples=["https://news.example.org"],
    )
    site_name: str = Field(
        "Broadsheet",
        min_length=1,
        max_length=80,
        description="Name of the publication.",
        examples=["The Harbour Review"],
    )
    site_description: str = Field(
        "",
        max_length=300,
        description="One sentence under the name, in feeds and in search results.",
        examples=["Notes on ships and software"],
    )
    language_code: str = Field(
        "en",
        description="Language of the site and of new articles, one that Django is translated into.",
        examples=["pt-br"],
    )
    time_zone: str = Field(
        "UTC", description="Time zone in which dates are shown and typed (IANA name).", examples=["Europe/Lisbon"]
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        [],
        description="Further host names that the site answers to, separated by commas. The host of SITE_URL is always one.",
        examples=["www.example.org,10.0.0.5"],
    )
    debug: bool = Field(
        False, description="Shows error pages with source code. Never on a public site.", examples=["true"]
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs sessions and links; at least 50 random characters. Without it, the key in DATA_DIR/secret_key, which `manage.py up` makes.",
        examples=["(50 random characters)"],
    )
    secret_key_fallbacks: Annotated[list[SecretStr], NoDecode] = Field(
        [],
        description="Former keys that are still accepted, separated by commas, while keys are rotated.",
        examples=["oldkey"],
    )
    data_dir: Path = Field(
        ROOT / "var",
        description="Directory for the embedded database, media, mail and the secret key.",
        examples=["/srv/broadsheet"],
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL (or SQLite) database. Without it, SQLite in DATA_DIR.",
        examples=["postgresql://user:password@db.example.org/broadsheet"],
    )
    database_pool: bool = Field(
        False,
        description="Keeps a pool of PostgreSQL connections in this process; the web server turns it on by itself.",
        examples=["true"],
    )
    database_pool_size: int = Field(
        8, ge=1, le=200, description="Most PostgreSQL connections that one web process opens.", examples=["16"]
    )
    statement_timeout: int = Field(
        5000,
        ge=0,
        le=3_600_000,
        description="Milliseconds after which PostgreSQL ends a statement of a web request; 0 for no limit.",
        examples=["5000"],
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey for the cache, and for jobs when BROKER_URL is not set. Without it, `manage.py up` runs one of its own.",
        examples=["redis://cache.example.org:6379/0"],
    )
    broker_url: SecretStr | None = Field(
        None,
        description="Celery's broker: a Redis that never evicts, or RabbitMQ. Without it, REDIS_URL.",
        examples=["amqp://user:password@mq.example.org//"],
    )
    storage_url: SecretStr | None = Field(
        None,
        description="S3-compatible bucket for media: s3://KEY:SECRET@ENDPOINT/BUCKET?region=REGION. Without it, DATA_DIR/media.",
        examples=["s3://KEY:SECRET@s3.example.org/media?region=eu-1"],
    )
    email_url: SecretStr | None = Field(
        None,
        description="Mail server: smtp://, smtp+tls:// (STARTTLS) or smtps://. Without it, mails are written to DATA_DIR/mail.",
        examples=["smtp+tls://user:password@mail.example.org:587"],
    )
    email_from: str = Field(
        "Broadsheet <noreply@localhost>",
        description="Sender of the mails.",
        examples=["The Harbour Review <desk@example.org>"],
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="Number of reverse proxies in front of the site; the client's address is taken from X-Forwarded-For that many steps from the right.",
        examples=["1"],
    )
    web_processes: int = Field(
        1, ge=1, le=64, description="Web server processes that `manage.py up` runs.", examples=["4"]
    )
    web_threads: int = Field(4, ge=1, le=64, description="Threads in each web server process.", examples=["4"])
    worker_processes: int = Field(
        2, ge=1, le=64, description="Worker processes that `manage.py up` runs for background work.", examples=["4"]
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.", examples=["json"])
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severity that is logged.", examples=["WARNING"]
    )

    @field_validator("allowed_hosts", "secret_key_fallbacks", mode="before")
    @classmethod
    def split_commas(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("site_url")
    @classmethod
    def check_site_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not HOST_NAME.fullmatch(parts.hostname or ""):
            raise ValueError("is not an address that begins with http:// or https://")
        if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc or parts.port == 0:
            raise ValueError("must be a host only, without user, path or query")
        return value.rstrip("/")

    @field_validator("allowed_hosts")
    @classmethod
    def check_allowed_hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not HOST_NAME.fullmatch(host):
                raise ValueError(f"{host!r} is not a host name (no http://, no port, no path)")
        return value

    @field_validator("language_code")
    @classmethod
    def check_language_code(cls, value: str) -> str:
        code = value.lower().replace("_", "-")
        known = [name for name, _ in LANGUAGES]
        if code not in known:
            close = difflib.get_close_matches(code, known, n=3, cutoff=0.4)
            raise ValueError(
                "is not a language that Django knows" + (f"; near it: {', '.join(close)}" if close else "")
            )
        return code

    @field_validator("time_zone")
    @classmethod
    def check_time_zone(cls, value: str) -> str:
        if value not in available_timezones():
            close = difflib.get_close_matches(value, available_timezones(), n=3)
            raise ValueError("is not a known time zone" + (f"; near it: {', '.join(close)}" if close else ""))
        return value

    @field_validator("data_dir")
    @classmethod
    def check_data_dir(cls, value: Path) -> Path:
        path = value.expanduser().absolute()
        try:
            if path.exists() and not path.is_dir():
                raise ValueError("is a file, not a directory")
        except PermissionError:
            raise ValueError("cannot be entered by this user; choose a directory that can be written") from None
        return path

    @field_validator("secret_key")
    @classmethod
    def check_secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 50:
            raise ValueError("is shorter than 50 characters")
        if value is not None and len(set(value.get_secret_value())) < 5:
            raise ValueError("repeats a few characters; it must be random")
        return value

    @field_validator("email_from")
    @classmethod
    def check_email_from(cls, value: str) -> str:
        if not value.isprintable() or "@" not in parseaddr(value)[1]:
            raise ValueError("is not an e-mail address")
        return value

    @field_validator("database_url", "redis_url", "broker_url", "storage_url", "email_url")
    @classmethod
    def check_url(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            return None
        name = str(info.field_name)
        parts = _split_secret_url(value.get_secret_value())
        if parts.scheme not in SCHEMES[name]:
            raise ValueError("must begin with " + " or ".join(f"{scheme}://" for scheme in SCHEMES[name]))
        if parts.scheme in ("sqlite", "unix") and not parts.path.strip("/"):
            raise ValueError(f"names no file after {parts.scheme}://")
        if parts.scheme.startswith("postgres") and not parts.path.strip("/"):
            raise ValueError("names no database after the host")
        if parts.scheme == "s3" and not parts.path.strip("/"):
            raise ValueError("names no bucket after the host")
        if parts.scheme not in ("sqlite", "unix", "postgres", "postgresql") and not parts.hostname:
            raise ValueError("names no host")
        return value

    @model_validator(mode="after")
    def check_pool_size(self) -> "Environment":
        if self.database_pool_size < self.web_threads:
            raise ValueError(
                f"DATABASE_POOL_SIZE: is {self.database_pool_size}, fewer than WEB_THREADS, which is "
                f"{self.web_threads}: threads would wait for connections. Set DATABASE_POOL_SIZE={self.web_threads} or "
                f"WEB_THREADS={self.database_pool_size}."
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, SecretFileSource(settings_cls), env_settings, dotenv_settings


def _split_secret_url(url: str) -> SplitResult:
    """Splits a URL. The fault never quotes the URL: what looks like a wrong port is often half a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    if parts is None or not url.isprintable() or " " in url:
        raise ValueError("is not a URL; in a user name or password write # as %23, / as %2F, ? as %3F, @ as %40")
    return parts


def load_environment() -> Environment:
    """Reads and checks the environment. Raises InvalidEnvironmentError with one line for each fault."""
    env = _validate()
    if env.secret_key is None:
        return env.model_copy(update={"secret_key": _read_secret_key(env.data_dir / "secret_key")})
    return env


def make_secret_key() -> None:
    """Makes DATA_DIR, and the secret key in it unless SECRET_KEY is set. Exits when the environment is wrong."""
    try:
        env = _validate()
        path = env.data_dir / "secret_key"
        try:
            if env.database_url is None or env.secret_key is None:
                env.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if env.secret_key is None and not path.exists():
                _write_secret_key(path)
        except OSError as error:
            raise InvalidEnvironmentError(
                f"DATA_DIR: cannot write {error.filename}: {error.strerror}. Make {env.data_dir} writable for this "
                "user, or choose another directory: DATA_DIR=/somewhere/else, or --data with `manage.py up`."
            ) from error
    except InvalidEnvironmentError as error:
        exit_with(error)


def exit_with(error: InvalidEnvironmentError) -> NoReturn:
    sys.exit(f"The configuration is wrong; nothing was started.\n{error}")


def _validate() -> Environment:
    try:
        return Environment()
    except ValidationError as error:
        raise InvalidEnvironmentError("\n".join(_describe(fault) for fault in error.errors())) from None
    except SettingsError as error:
        # So our own refusals arrive that are raised while a source is read.
        if isinstance(error.__cause__, InvalidEnvironmentError):
            raise error.__cause__ from None
        raise


def _write_secret_key(path: Path) -> None:
    # Written beside and linked into place: of two first starts at once the first wins, and nobody reads half a key.
    draft = path.with_name(f"secret_key.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(64) + "\n")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read_secret_key(path: Path) -> SecretStr:
    try:
        key = SecretStr(path.read_text(encoding="utf-8").strip())
        Environment.check_secret_key(key)
    except FileNotFoundError:
        raise InvalidEnvironmentError(
            f"SECRET_KEY is not set and {path} does not exist. "
            "Run `python3 manage.py up` once, which makes it, or set SECRET_KEY to 50 random characters."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidEnvironmentError(f"SECRET_KEY is not set and {path} cannot be read: {error}.") from error
    except ValueError as error:
        raise InvalidEnvironmentError(f"The key in {path} {error}. Remove the file and a new one is made.") from None
    return key


def _describe(fault: Any) -> str:
    """One line: the variable, its fault, and what to write instead. A secret is never repeated."""
    message = fault["msg"].removeprefix("Value error, ")
    field = Environment.model_fields.get(str(fault["loc"][0])) if fault["loc"] else None
    if field is None:
        return str(message)
    name = str(fault["loc"][0]).upper()
    value = "" if "Secret" in str(field.annotation) else f" (it is {fault['input']!r})"
    return f"{name}: {message}{value}. {field.description} Example: {name}={field.examples[0]}"  # type: ignore[index]


def table() -> str:
    """All variables as a Markdown table."""
    rows = ["| Variable | Default | What it is | Example |", "|---|---|---|---|"]
    for name, field in Environment.model_fields.items():
        default = field.default
        if default in (None, "", []):
            default = ""
        elif isinstance(default, Path):
            default = default.relative_to(ROOT)
        elif isinstance(default, bool):
            default = str(default).lower()
        shown = f"`{default}`" if default != "" else ""
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} | `{field.examples[0]}` |")  # type: ignore[index]
    return "\n".join(rows) + "\n"


def documentation() -> str:
    """The page ``docs/configuration.md``."""
    return INTRODUCTION + table()


if __name__ == "__main__":
    sys.stdout.write(documentation())
