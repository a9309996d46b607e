"""The rules of the house that a machine can check."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ["core", "accounts", "articles", "config"]
SOURCES = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
TEMPLATES = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")]

# The settings name apps by dotted strings; this is about imports. config/settings.py reads core.logging.
MAY_IMPORT = {
    "core": {"core"},
    "accounts": {"core", "accounts"},
    "articles": {"core", "accounts", "articles"},
    "config": {"core", "accounts", "articles", "config"},
}


def imported_packages(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("app", APPS)
def test_imports_never_go_upwards(app):
    for path in (ROOT / app).rglob("*.py"):
        upwards = (imported_packages(ast.parse(path.read_text())) & set(APPS)) - MAY_IMPORT[app]
        assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}"


def test_visibility_is_asked_in_one_place():
    asked = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"(published_at__lte?|expires_at__gte?)\s*=\s*(Now|now|timezone|database_now)", path.read_text())
        and path.parts[-2] != "accounts"
    ]
    assert asked == ["articles/models/article.py"]


def test_html_is_trusted_nowhere():
    for path in [*SOURCES, *TEMPLATES]:
        text = path.read_text()
        assert not re.search(r"\|\s*safe\b|mark_safe|SafeString|autoescape off", text), path.relative_to(ROOT)


def test_only_the_outbound_client_reaches_out():
    forbidden = {"requests", "httpx", "aiohttp", "urllib3"}
    for path in SOURCES:
        text = path.read_text()
        # `up` asks its own web server on this machine whether it answers.
        if path.relative_to(ROOT).as_posix() in {"core/http.py", "core/management/commands/up.py"}:
            continue
        assert not imported_packages(ast.parse(text)) & forbidden, path.relative_to(ROOT)
        assert not re.search(r"urllib\.request|urlopen|http\.client", text), path.relative_to(ROOT)


def test_background_work_leaves_by_one_door():
    for path in SOURCES:
        if path.relative_to(ROOT).parts[:2] != ("core", "jobs"):
            assert not re.search(r"\.(delay|apply_async|delay_on_commit)\(", path.read_text()), path.relative_to(ROOT)


def test_file_names_say_what_they_hold():
    vague = {"utils", "helpers", "common", "misc", "services", "selectors", "signals", "constants", "mixins"}
    assert not [path for path in SOURCES if path.stem in vague]


def test_no_address_of_a_package_registry_is_written_down():
    text = (ROOT / "constraints.txt").read_text() + (ROOT / "pyproject.toml").read_text()
    assert "://" not in text


def test_every_requirement_is_pinned():
    pins = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [re.match(r"[\w.-]+", line)[0].lower() for line in sum(extras, project["dependencies"])]
    assert len(wanted) > 30
    assert not set(wanted) - pins
