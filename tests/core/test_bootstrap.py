"""The first command on a bare machine, and what it says when it cannot."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import bootstrap

ROOT = Path(__file__).resolve().parents[2]
BASE_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
PIP = """import os, sys, time
log = open({log!r}, "a"); log.write("install\\n"); log.close()
time.sleep({seconds})
if {fail}: print("ERROR: no network"); sys.exit(1)
"""
# An environment without pip, in no time.
VENV = """import os, sys
home = os.path.dirname(os.path.realpath(sys.executable))
os.makedirs(sys.argv[1] + "/bin")
os.symlink(os.path.realpath(sys.executable), sys.argv[1] + "/bin/python")
open(sys.argv[1] + "/pyvenv.cfg", "w").write("home = " + home)
"""
MANAGE = """import sys
from core import bootstrap
if {missing!r}: bootstrap.importlib.util.find_spec = lambda name: None if name == {missing!r} else True
bootstrap.require_packages = lambda: None
bootstrap.enter_environment(sys.argv)
print("inside", sys.prefix)
"""


@pytest.fixture
def checkout(tmp_path):
    """A project of its own, whose pip only notes that it was called. Steps run there, where `-m` finds these first."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").touch()
    shutil.copy(ROOT / "core" / "bootstrap.py", tmp_path / "core")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "constraints.txt").touch()
    (tmp_path / "venv.py").write_text(VENV)
    write_manage(tmp_path)
    write_pip(tmp_path)
    return tmp_path


def write_manage(checkout, missing=""):
    (checkout / "manage.py").write_text(MANAGE.format(missing=missing))


def write_pip(checkout, *, seconds=0, fail=False):
    (checkout / "pip.py").write_text(PIP.format(log=str(checkout / "log"), seconds=seconds, fail=fail))


def start(checkout, *arguments, python=BASE_PYTHON, **environment):
    clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return subprocess.Popen(
        [str(python), "manage.py", *arguments],
        cwd=checkout,
        env=clean | {"HOME": str(checkout / "home")} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(checkout, *arguments, **options):
    process = start(checkout, *arguments, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def installs(checkout):
    log = checkout / "log"
    return log.read_text().count("install") if log.exists() else 0


def test_the_first_run_makes_the_environment_and_goes_on_inside(checkout):
    (checkout / "venv.py").unlink()
    status, out, err = run(checkout, "up")
    assert (status, out) == (0, f"inside {checkout / '.venv'}\n")
    assert "Making a virtual environment in .venv" in err
    assert run(checkout, "up")[2] == ""
    assert installs(checkout) == 1


def test_changed_requirements_are_installed(checkout):
    run(checkout)
    (checkout / "constraints.txt").write_text("django==5.2.19\n")
    run(checkout)
    assert installs(checkout) == 2


def test_inside_another_environment_nothing_is_made(checkout):
    status, out, _ = run(checkout, python=sys.executable)
    assert (status, out, installs(checkout)) == (0, f"inside {sys.prefix}\n", 0)
    assert not (checkout / ".venv").exists()


def test_a_missing_package_in_another_environment_is_named(monkeypatch):
    monkeypatch.setattr(bootstrap, "requirements", lambda: ["django", "left-pad-for-python"])
    with pytest.raises(
        bootstrap.BootstrapError, match=r"lacks left-pad-for-python\.\n(.*\n)*.*pip install -c constraints"
    ):
        bootstrap.require_packages()


def test_all_requirements_are_looked_for():
    assert {"django", "celery", "granian", "django-redis"} <= set(bootstrap.requirements())


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_says_what_to_install(checkout, module):
    write_manage(checkout, missing=module)
    status, _, err = run(checkout)
    assert status == 1
    assert f"lacks the module {module}" in err
    assert "apt install python3." in err
    assert not (checkout / ".venv").exists()


def test_a_failed_install_is_explained_and_leaves_nothing(checkout):
    write_pip(checkout, fail=True)
    status, _, err = run(checkout)
    assert status == 1
    assert "ERROR: no network" in err
    assert "PIP_INDEX_URL" in err
    assert "Traceback" not in err
    assert not (checkout / ".venv").exists()


def test_a_half_made_environment_is_made_anew(checkout):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "unfinished").touch()
    assert run(checkout)[0] == 0
    assert not (checkout / ".venv" / "unfinished").exists()


def test_two_first_runs_at_once_install_once(checkout):
    write_pip(checkout, seconds=1)
    first, second = start(checkout), start(checkout)
    (_, first_said), (_, second_said) = first.communicate(timeout=60), second.communicate(timeout=60)
    assert (first.returncode, second.returncode, installs(checkout)) == (0, 0, 1)
    assert "waiting for it" in first_said + second_said


def test_ctrl_c_leaves_nothing_half_made(checkout):
    write_pip(checkout, seconds=30)
    process = start(checkout)
    deadline = time.monotonic() + 30
    while not installs(checkout) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(2)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not (checkout / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_named(checkout):
    checkout.chmod(0o500)
    try:
        status, _, err = run(checkout)
    finally:
        checkout.chmod(0o700)
    assert status == 1
    assert f"Make {checkout} writable" in err


def test_the_option_names_the_data_directory(monkeypatch):
    for arguments in (["--data", "/srv/a"], ["--no-input", "--data=/srv/a", "--port", "1"]):
        monkeypatch.setenv("DATA_DIR", "/elsewhere")
        bootstrap.choose_data_dir(arguments)
        assert os.environ["DATA_DIR"] == "/srv/a"


def test_manage_py_is_read_by_every_python():
    """An old Python must come as far as the line that says that it is too old."""
    import ast

    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 4))
    assert 'f"' not in (ROOT / "manage.py").read_text()
