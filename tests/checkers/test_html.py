"""The Nu HTML checker finds no error in the pages, nor does anything in the browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.checker


def test_the_nu_html_checker_finds_no_error(client, site, tools, tmp_path):
    if not shutil.which("java"):
        pytest.skip("Java is not installed")
    for name, address in site.items():
        (tmp_path / f"{name}.html").write_bytes(client.get(address).content)
    jar = tools / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = [
        "java",
        "-jar",
        str(jar),
        "--format",
        "json",
        "--exit-zero-always",
        *map(str, sorted(tmp_path.glob("*.html"))),
    ]
    report = json.loads(subprocess.run(command, capture_output=True, check=True).stderr)
    problems = [
        f"{Path(found['url']).name}: {found['message']} {found.get('extract', '')!r}" for found in report["messages"]
    ]
    assert not problems, "\n".join(problems)
