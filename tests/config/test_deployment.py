"""The settings of a public site, as a process of its own sees them."""

import os
import re
import subprocess
import sys
from pathlib import Path

from config.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SITE_URL": "https://news.example.org",
    "SECRET_KEY": "production-key-" + "a1b2c3d4e5" * 5,
    "DATABASE_URL": "postgresql://broadsheet:secret@db.invalid/broadsheet",
    "REDIS_URL": "redis://cache.invalid:6379/0",
    "BROKER_URL": "redis://broker.invalid:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.invalid:587",
    "STORAGE_URL": "s3://KEY:SECRET@s3.invalid/media",
}


def manage(*arguments, **environment):
    # The last one is what the journeys need beside Playwright's event loop.
    names = {name.upper() for name in Environment.model_fields} - {"DATA_DIR"} | {"DJANGO_ALLOW_ASYNC_UNSAFE"}
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_check_is_clean():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


def test_cookies_belong_to_the_host_alone():
    done = manage("shell", "-c", "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME)", **PRODUCTION)
    assert "__Host-sessionid" in done.stdout


def test_compose_and_image_set_only_variables_that_exist():
    known = {name.upper() for name in Environment.model_fields}
    known |= {f"{name}_FILE" for name in known} | {"REMAP_SIGTERM"}
    compose = (ROOT / "compose.yaml").read_text()
    common = compose.partition("x-environment:")[2].partition("\n\n")[0]
    assert set(re.findall(r"^  ([A-Z_]+):", common, re.MULTILINE)) <= known
    image = re.findall(r"^ENV ([A-Z_]+)=", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert set(image) - {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} <= known
