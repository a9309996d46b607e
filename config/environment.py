"""The environment that configures Broadsheet: every variable, its type, and what it refuses.

``python -m config.environment`` prints the table that stands in ``docs/configuration.md``.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

ROOT = Path(__file__).resolve().parent.parent


class InvalidEnvironment(Exception):
    """The environment cannot configure the site; the message names each variable, its fault and the remedy."""


class SecretFileSource(EnvSettingsSource):
    """Reads ``NAME`` from the file that ``NAME_FILE`` points at, as container secrets are delivered."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = field_name.upper()
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(name):
            raise InvalidEnvironment(f"{name} and {name}_FILE are both set. Keep one of them.")
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidEnvironment(
                f"{name}_FILE: cannot read {path}: {error}. Point it at a readable text file."
            ) from error


class Environment(BaseSettings):
    """One field a variable. Descriptions are shown in the documentation and in the error for a wrong value."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", extra="ignore", env_ignore_empty=True, frozen=True)

    site_url: str = Field("http://127.0.0.1:8000", description="Public address of the site, without a path. https turns on secure cookies, HSTS and the redirect to https.", examples=["https://news.example.org"])
    site_name: str = Field("Broadsheet", min_length=1, max_length=80, description="Name of the publication.", examples=["The Harbour Review"])
    site_description: str = Field("", max_length=300, description="One sentence under the name, in feeds and in search results.", examples=["Notes on ships and software"])
    language_code: str = Field("en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="Language of the site and of new articles (BCP 47).", examples=["pt-br"])
    time_zone: str = Field("UTC", description="Time zone in which dates are shown and typed (IANA name).", examples=["Europe/Lisbon"])
    allowed_hosts: Annotated[list[str], NoDecode] = Field([], description="Further host names that the site answers to, separated by commas. The host of SITE_URL is always one.", examples=["www.example.org,10.0.0.5"])
    debug: bool = Field(False, description="Shows error pages with source code. Never on a public site.", examples=["true"])
    secret_key: SecretStr | None = Field(None, description="Signs sessions and links; at least 50 random characters. Without it, the key in DATA_DIR/secret_key, which `manage.py up` makes.", examples=["(50 random characters)"])
    secret_key_fallbacks: Annotated[list[str], NoDecode] = Field([], description="Former keys that are still accepted, separated by commas, while keys are rotated.", examples=["oldkey"])
    data_dir: Path = Field(ROOT / "var", description="Directory for the embedded database, media, mail and the secret key.", examples=["/srv/broadsheet"])
    database_url: SecretStr | None = Field(None, description="PostgreSQL (or SQLite) database. Without it, SQLite in DATA_DIR.", examples=["postgresql://user:password@db.example.org/broadsheet"])
    database_pool: bool = Field(False, description="Keeps a pool of PostgreSQL connections in this process; the web server turns it on by itself.", examples=["true"])
    database_pool_size: int = Field(8, ge=1, le=200, description="Most PostgreSQL connections that one web process opens.", examples=["16"])
    statement_timeout: int = Field(5000, ge=0, le=3_600_000, description="Milliseconds after which PostgreSQL ends a statement of a web request; 0 for no limit.", examples=["5000"])
    redis_url: SecretStr | None = Field(None, description="Redis or Valkey for the cache, and for jobs when BROKER_URL is not set. Without it, `manage.py up` runs one of its own.", examples=["redis://cache.example.org:6379/0"])
    broker_url: SecretStr | None = Field(None, description="Celery's broker: a Redis that never evicts, or RabbitMQ. Without it, REDIS_URL.", examples=["amqp://user:password@mq.example.org//"])
    storage_url: SecretStr | None = Field(None, description="S3-compatible bucket for media: s3://KEY:SECRET@ENDPOINT/BUCKET?region=REGION. Without it, DATA_DIR/media.", examples=["s3://KEY:SECRET@s3.example.org/media?region=eu-1"])
    email_url: SecretStr | None = Field(None, description="Mail server: smtp://, smtp+tls:// (STARTTLS) or smtps://. Without it, mails are written to DATA_DIR/mail.", examples=["smtp+tls://user:password@mail.example.org:587"])
    email_from: str = Field("Broadsheet <noreply@localhost>", description="Sender of the mails.", examples=["The Harbour Review <desk@example.org>"])
    trusted_proxies: int = Field(0, ge=0, le=10, description="Number of reverse proxies in front of the site; the client's address is taken from X-Forwarded-For that many steps from the right.", examples=["1"])
    web_processes: int = Field(1, ge=1, le=64, description="Web server processes that `manage.py up` runs.", examples=["4"])
    web_threads: int = Field(4, ge=1, le=64, description="Threads in each web server process.", examples=["4"])
    worker_processes: int = Field(2, ge=1, le=64, description="Worker processes that `manage.py up` runs for background work.", examples=["4"])
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.", examples=["json"])
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severity that is logged.", examples=["WARNING"])

    @field_validator("allowed_hosts", "secret_key_fallbacks", mode="before")
    @classmethod
    def split_commas(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("site_url")
    @classmethod
    def check_site_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is not an address that begins with http:// or https://")
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise ValueError("must be a host only, without user, path or query")
        return value.rstrip("/")

    @field_validator("time_zone")
    @classmethod
    def check_time_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is not a known time zone")
        return value

    @field_validator("data_dir")
    @classmethod
    def make_absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("secret_key")
    @classmethod
    def check_secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 50:
            raise ValueError("is shorter than 50 characters")
        return value

    @field_validator("database_url", "redis_url", "broker_url", "storage_url", "email_url")
    @classmethod
    def check_scheme(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        schemes = {
            "database_url": ("postgres", "postgresql", "sqlite"),
            "redis_url": ("redis", "rediss", "unix"),
            "broker_url": ("redis", "rediss", "redis+socket", "unix", "amqp", "amqps"),
            "storage_url": ("s3",),
            "email_url": ("smtp", "smtp+tls", "smtps"),
        }[info.field_name]
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            _ = parts.port
        except ValueError as error:
            raise ValueError(f"is not a URL: {error}") from error
        if parts.scheme not in schemes:
            raise ValueError("must begin with " + " or ".join(f"{scheme}://" for scheme in schemes))
        if info.field_name == "storage_url" and not parts.path.strip("/"):
            raise ValueError("names no bucket after the host")
        if info.field_name in ("storage_url", "email_url") and not parts.hostname:
            raise ValueError("names no host")
        return value

    @model_validator(mode="after")
    def read_secret_key_file(self) -> "Environment":
        if self.secret_key is None:
            path = self.data_dir / "secret_key"
            if not path.is_file():
                raise InvalidEnvironment(
                    f"SECRET_KEY is not set and {path} does not exist. "
                    "Run `python3 manage.py up` once, which makes it, or set SECRET_KEY to 50 random characters."
                )
            key = SecretStr(path.read_text(encoding="utf-8").strip())
            object.__setattr__(self, "secret_key", self.__class__.check_secret_key(key))
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


def load_environment() -> Environment:
    """Reads and checks the environment. Raises InvalidEnvironment with one line for each fault."""
    try:
        return Environment()
    except ValidationError as error:
        raise InvalidEnvironment("\n".join(_describe(fault) for fault in error.errors())) from error


def _describe(fault: Any) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else ""
    field = Environment.model_fields.get(name)
    if field is None:
        return str(fault["msg"])
    secret = "SecretStr" in str(field.annotation)
    value = "" if secret else f" (it is {fault['input']!r})"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{name.upper()}: {message}{value}. {field.description} Example: {name.upper()}={field.examples[0]}"  # type: ignore[index]


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


if __name__ == "__main__":
    sys.stdout.write(table())
