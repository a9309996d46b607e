"""A wrong value is refused by name, with what to do, and no secret is repeated."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import environment
from config.environment import Environment, InvalidEnvironmentError, load_environment

ROOT = Path(__file__).resolve().parents[2]
KEY = "k3y-" + "0123456789" * 5


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    """Nothing is set but a key, and no ``.env`` is there."""
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("SECRET_KEY", KEY)
    write_env_file(monkeypatch, tmp_path, "")


def write_env_file(monkeypatch, tmp_path, text):
    path = tmp_path / ".env"
    path.write_text(text)
    monkeypatch.setattr(environment, "ENV_FILE", path)
    monkeypatch.setitem(Environment.model_config, "env_file", path)
    environment.env_file.cache_clear()


def test_nothing_need_be_set():
    env = load_environment()
    assert (env.site_url, env.debug, env.database_url) == ("http://127.0.0.1:8000", False, None)


WRONG = [
    ("SITE_URL", "news.example.org"),
    ("SITE_URL", "https://news.example.org/blog"),
    ("SITE_URL", "https://user@news.example.org"),
    ("SITE_URL", "https://news.example.org:99999"),
    ("SITE_URL", "https://two words"),
    ("SITE_NAME", "x" * 81),
    ("ALLOWED_HOSTS", "https://news.example.org"),
    ("ALLOWED_HOSTS", "good.example.org,bad host"),
    ("LANGUAGE_CODE", "klingon"),
    ("TIME_ZONE", "Europe/Atlantis"),
    ("DEBUG", "maybe"),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "a" * 60),
    ("DATA_DIR", __file__),
    ("DATABASE_URL", "mysql://user:password@host/name"),
    ("DATABASE_URL", "postgresql://user:pass#word@host/name"),
    ("DATABASE_URL", "postgresql://user:password@host"),
    ("DATABASE_URL", "sqlite://"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "unix://"),
    ("BROKER_URL", "kafka://host"),
    ("STORAGE_URL", "s3://KEY:SECRET@host"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_FROM", "nobody"),
    ("EMAIL_FROM", "a@b.example\nBcc: c@d.example"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "yes"),
    ("WEB_THREADS", "0"),
    ("WEB_THREADS", "9"),
    ("LOG_FORMAT", "xml"),
    ("LOG_LEVEL", "info"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_names_the_variable_and_shows_a_right_one(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidEnvironmentError) as refusal:
        load_environment()
    assert name in str(refusal.value)
    assert f"{name}=" in str(refusal.value)
    assert "\n" not in str(refusal.value).strip()


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "BROKER_URL", "STORAGE_URL", "EMAIL_URL", "SECRET_KEY"])
@pytest.mark.parametrize("value", ["nonsense://hunter2", "smtp://u:hunter2/x@h:25", "s3://k:hunter2@", "hunter2"])
def test_a_wrong_secret_is_not_repeated(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidEnvironmentError) as refusal:
        load_environment()
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_former_key_is_secret_too(monkeypatch):
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "hunter2, hunter3")
    assert "hunter" not in repr(load_environment())
    assert [key.get_secret_value() for key in load_environment().secret_key_fallbacks] == ["hunter2", "hunter3"]


def test_all_faults_are_told_at_once(monkeypatch):
    monkeypatch.setenv("SITE_URL", "nowhere")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(InvalidEnvironmentError, match=r"SITE_URL: .*\n.*LOG_LEVEL: "):
        load_environment()


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "url").write_text("redis://cache:6379/0\n")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    assert load_environment().redis_url.get_secret_value() == "redis://cache:6379/0"


def test_a_secret_from_a_file_and_beside_it_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(InvalidEnvironmentError, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        load_environment()


@pytest.mark.parametrize("content", [None, ""])
def test_a_file_without_a_secret_is_named(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "url").write_text(content)
    monkeypatch.setenv("EMAIL_URL_FILE", str(tmp_path / "url"))
    with pytest.raises(InvalidEnvironmentError, match=rf"EMAIL_URL_FILE: .*{tmp_path / 'url'}"):
        load_environment()


def test_the_env_file_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    write_env_file(monkeypatch, tmp_path, "SITE_NAME='The Harbour Review'\nTIME_ZONE=Europe/Lisbon\nUNRELATED=1\n")
    monkeypatch.setenv("TIME_ZONE", "Asia/Tokyo")
    assert (load_environment().site_name, load_environment().time_zone) == ("The Harbour Review", "Asia/Tokyo")


def test_a_misspelt_name_in_the_env_file_is_not_ignored(monkeypatch, tmp_path):
    write_env_file(monkeypatch, tmp_path, "DATABSE_URL=postgresql://db/news\n")
    with pytest.raises(InvalidEnvironmentError, match=r"DATABSE_URL .* Do you mean DATABASE_URL\?"):
        load_environment()


def test_without_a_key_it_says_how_to_make_one(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(InvalidEnvironmentError, match=r"manage\.py up"):
        load_environment()


def test_the_key_is_made_once_and_for_its_owner_only(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new" / "data"))
    environment.make_secret_key()
    path = tmp_path / "new" / "data" / "secret_key"
    made = path.read_text().strip()
    environment.make_secret_key()
    assert load_environment().secret_key.get_secret_value() == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_a_process_with_a_wrong_value_ends_before_anything_starts(monkeypatch):
    monkeypatch.setenv("TIME_ZONE", "Europe/Atlantis")
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The configuration is wrong; nothing was started.\nTIME_ZONE: ")
    assert "Traceback" not in done.stderr


def test_the_table_in_the_documentation_is_complete_and_current():
    documentation = (ROOT / "docs" / "configuration.md").read_text()
    assert documentation == environment.documentation(), "run: python -m config.environment > docs/configuration.md"
    for name in Environment.model_fields:
        assert f"| `{name.upper()}` |" in documentation


def test_the_example_file_names_only_variables_that_exist():
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = {line.lstrip("# ").partition("=")[0] for line in lines if "=" in line}
    assert names <= {name.upper() for name in Environment.model_fields}
    assert {"SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"} <= names


def test_a_directory_that_cannot_be_entered_is_refused_by_name(monkeypatch):
    def closed(path, **kwargs):
        raise PermissionError(13, "Permission denied")

    # The user who runs the tests may be root, to whom every directory is open.
    monkeypatch.setattr(Path, "exists", closed)
    with pytest.raises(ValueError, match="cannot be entered"):
        Environment.check_data_dir(Path("/closed/var"))
