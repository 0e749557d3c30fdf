"""`./mlsys`: the first start installs and can be interrupted, every later one only hands over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from autograder.core.units import course_root
from autograder.install.pins import missing_pins, ready_text
from autograder.tests.frame.tinywheels import little_course, write_wheel

NAMES = [f"tiny{number:02d}" for number in range(15)]  # more than one batch of pip
PINS = [f"{name}==1.0" for name in NAMES]


def start(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "mlsys"), *arguments],
        env=clean_environment() | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without pip's settings, and with an index that is nowhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    return kept | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "MLSYS_PYTHON": sys.executable, **more}


def folder_with(folder: Path, *programs: str) -> Path:
    """A PATH of these programs alone."""
    folder.mkdir()
    for name in programs:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in NAMES:
        write_wheel(folder, name)
    return folder


def test_without_any_python_the_message_says_what_to_install(tmp_path: Path):
    root = little_course(tmp_path / "course", [])
    tools = folder_with(tmp_path / "bin", "dirname", "cat", "cmp")
    done = start(root, "lab", PATH=str(tools), MLSYS_PYTHON="")
    assert done.returncode == 69
    assert done.stderr.startswith("mlsys: found no Python 3.11, 3.12 or 3.13\n")
    assert "sudo apt-get install python3 python3-venv" in done.stderr
    assert not (root / ".venv").exists()


def test_a_wrong_python_is_passed_over(tmp_path: Path):
    """A python3 of another version answers the launcher's question with exit code 1."""
    root = little_course(tmp_path / "course", [])
    tools = folder_with(tmp_path / "bin", "dirname", "cat", "cmp")
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    done = start(root, "lab", PATH=str(tools), MLSYS_PYTHON="")
    assert done.returncode == 69
    assert "expected: python3, python3.11, python3.12 or python3.13 on the PATH" in done.stderr
    (tools / "python3.12").write_text("#!/bin/sh\n[ $2 = -c ] || { echo took $0; exit 7; }\n")
    (tools / "python3.12").chmod(0o755)
    done = start(root, "lab", PATH=str(tools), MLSYS_PYTHON="")
    assert (done.returncode, done.stdout) == (7, f"took {tools}/python3.12\n")


@pytest.mark.slow
def test_first_start_later_starts_and_a_moved_course(tmp_path: Path, wheels: Path):
    root = little_course(tmp_path / "my course", PINS)  # a folder name with a space
    first = start(root, "lab", "a b", PIP_FIND_LINKS=str(wheels))
    assert (first.returncode, first.stdout) == (0, "course ['lab', 'a b']\n"), first.stderr
    assert "[  0/15] installing tiny00" in first.stderr
    assert "[ 12/15] installing tiny12, tiny13, tiny14" in first.stderr
    assert "mlsys: ready after" in first.stderr

    shutil.rmtree(wheels)  # from here on nothing can be installed, and no Python is on the PATH
    before = tree_state(root)
    tools = folder_with(tmp_path / "bin", "dirname", "cat", "cmp")
    second = start(root, "check", PATH=str(tools), MLSYS_PYTHON="")
    assert (second.returncode, second.stdout, second.stderr) == (0, "course ['check']\n", "")
    assert tree_state(root) == before

    moved = root.rename(tmp_path / "moved")
    third = start(moved, "units")
    assert (third.returncode, third.stdout) == (0, "course ['units']\n"), third.stderr
    assert "installing tiny" not in third.stderr


def tree_state(root: Path) -> dict[str, int]:
    """Path -> time of change, without Python's caches."""
    paths = (path for path in root.rglob("*") if "__pycache__" not in path.parts)
    return {str(path.relative_to(root)): path.lstat().st_mtime_ns for path in paths}


@pytest.mark.slow
def test_what_is_missing_is_named_and_the_next_start_goes_on_from_there(tmp_path: Path, wheels: Path):
    root = little_course(tmp_path / "course", PINS)
    (wheels / "tiny13-1.0-py3-none-any.whl").unlink()
    failed = start(root, PIP_FIND_LINKS=str(wheels))
    assert failed.returncode == 69
    assert "pip could not install the packages of the course" in failed.stderr
    assert "installed packages are kept" in failed.stderr
    assert not (root / ".venv" / "ready").exists()

    [site] = (root / ".venv" / "lib").glob("python3*/site-packages")
    (site / "tiny05-1.0.dist-info" / "RECORD").unlink()  # as a power cut in the middle of a package leaves it
    write_wheel(wheels, "tiny13")
    again = start(root, PIP_FIND_LINKS=str(wheels))
    assert again.returncode == 0, again.stderr
    assert "[  0/4] installing tiny05, tiny12, tiny13, tiny14" in again.stderr
    assert "making .venv" not in again.stderr

    pins = [pin.replace("tiny03==1.0", "tiny03==2.0") for pin in PINS]
    write_wheel(wheels, "tiny03", "2.0")
    (root / "constraints.txt").write_text("\n".join(pins))
    changed = start(root, PIP_FIND_LINKS=str(wheels))
    assert changed.returncode == 0, changed.stderr
    assert "[  0/1] installing tiny03" in changed.stderr


class StallingHandler(SimpleHTTPRequestHandler):
    """Serves a folder; before it sends tiny13 it says so and waits."""

    asked, go_on = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        if "tiny13" in self.path and not self.go_on.is_set():
            self.asked.set()
            self.go_on.wait(100)
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def stalling_server(wheels: Path) -> Iterator[str]:
    def handler(*arguments: object) -> StallingHandler:
        return StallingHandler(*arguments, directory=str(wheels))  # pyright: ignore[reportArgumentType]

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        StallingHandler.go_on.set()
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_an_interrupted_installation_goes_on(tmp_path: Path, stalling_server: str):
    root = little_course(tmp_path / "course", PINS)
    environment = clean_environment(
        PIP_FIND_LINKS=stalling_server, no_proxy="127.0.0.1", PIP_NO_CACHE_DIR="1"
    )
    process = subprocess.Popen(
        [str(root / "mlsys")], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert StallingHandler.asked.wait(120)
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: to the launcher, to Python and to pip
        _, printed = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode in {130, -signal.SIGINT}  # a shell says 130 for either
    assert "interrupted; run the same command again to continue" in printed
    assert "Traceback" not in printed
    assert not (root / ".venv" / "ready").exists()

    StallingHandler.go_on.set()
    again = start(root, PIP_FIND_LINKS=stalling_server, no_proxy="127.0.0.1", PIP_NO_CACHE_DIR="1")
    assert (again.returncode, again.stdout) == (0, "course []\n"), again.stderr
    assert "[  0/3] installing tiny12, tiny13, tiny14" in again.stderr


def test_every_pin_is_recognized_as_installed():
    """What the launcher counts as missing here must be nothing, or every start would call pip."""
    site = Path(os.__file__).parent if sys.prefix == sys.base_prefix else None
    [site] = [site] if site else (Path(sys.prefix) / "lib").glob("python3*/site-packages")
    elsewhere = {pin for pin in missing_pins(course_root(), site) if ";" in pin}
    assert set(missing_pins(course_root(), site)) <= elsewhere


def test_the_launcher_and_the_bootstrap_agree_on_when_it_is_ready(tmp_path: Path):
    root = little_course(tmp_path / "course", PINS)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho handed over\n")
    (root / ".venv" / "bin" / "python").chmod(0o755)
    (root / ".venv" / "base").symlink_to(root / ".venv" / "bin" / "python")
    (root / ".venv" / "ready").write_text(ready_text(root))
    tools = folder_with(tmp_path / "bin", "dirname", "cat", "cmp")
    assert start(root, PATH=str(tools), MLSYS_PYTHON="").stdout == "handed over\n"
    (root / "constraints.txt").write_text("changed==1\n")
    assert start(root, PATH=str(tools), MLSYS_PYTHON="").returncode == 69
