"""A GPU in the sandbox: with the manifest's consent and the grader's, and nothing of it otherwise.

Nothing here needs a GPU: the machine is a folder, whose device file is a link to /dev/zero.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from autograder.core.manifest import load_manifest
from autograder.core.units import Unit
from autograder.judge.sandbox import gpu
from autograder.judge.sandbox.gpu import Driver, driver_for, find_driver
from autograder.judge.sandbox.plan import SandboxPlan
from autograder.judge.session.session import SPARE, SPARE_WITH_GPU, Session
from autograder.tests.judge.small_course import Course

LOOK = """
import os
from pathlib import Path

def add(what, path):
    if what == "environment":
        return os.environ.get(path, "")
    if what == "device":
        try:
            with open(path, "r+b", buffering=0) as device:
                device.write(b"x")
                return device.read(2).hex()
        except OSError as error:
            return type(error).__name__
    return Path(path).exists()
"""
SEES = """
import json, pathlib
def test_one(student):
    found = [student.call("add", *pair) for pair in (
        ("environment", "MLSYS_GPU"), ("environment", "CUDA_VISIBLE_DEVICES"),
        ("device", "/dev/nvidiactl"), ("file", "/sys/bus/pci/a"), ("file", "/sys/devices/a"), ("file", "/sys/other"),
    )]
    pathlib.Path(OUT).write_text(json.dumps(found))
"""
NOTE = "Your code could use this machine's NVIDIA GPU."


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with one GPU, as far as its files tell."""
    root = tmp_path / "machine"
    for name in ("sys/bus/pci/a", "sys/devices/a", "sys/module/nvidia_uvm/a", "sys/other"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for name in ("dev/nvidia-caps", "usr/local/nvidia/lib64"):
        (root / name).mkdir(parents=True)
    for name in ("nvidiactl", "nvidia0", "nvidia11", "nvidia-uvm", "nvram"):
        (root / "dev" / name).symlink_to("/dev/zero")
    monkeypatch.setattr(gpu, "ROOT", root)
    monkeypatch.delenv("MLSYS_GPU", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    return root


def consent(course: Course, answer: str = "true") -> None:
    """Have the manifest ask for a GPU."""
    text = course.unit.manifest.read_text()
    course.unit.manifest.write_text(text.replace("preload =", f"gpu = {answer}\npreload ="))


def sees(course: Course, *, asks: bool = True, **options) -> tuple[list, tuple[str, ...]]:
    """What the submission finds, and the result's notes."""
    out = course.root / "seen.json"
    course.checks(SEES.replace("OUT", repr(str(out))))
    if asks:
        consent(course)
    result = course.grade(LOOK, **options)
    assert result.points == 1, result.tests
    return json.loads(out.read_text()), result.notes


NOTHING = ["0", "", "FileNotFoundError", False, False, False]


@pytest.mark.usefixtures("machine")
def test_the_driver_is_what_is_there(tmp_path: Path):
    found = find_driver()
    assert found is not None
    assert [str(path) for path in found.devices] == [
        "/dev/nvidiactl",
        "/dev/nvidia0",
        "/dev/nvidia11",
        "/dev/nvidia-uvm",
        "/dev/nvidia-caps",
    ]
    assert [str(path) for path in found.system] == ["/sys/devices", "/sys/bus/pci", "/sys/module/nvidia_uvm"]
    assert [str(path) for path in found.libraries] == ["/usr/local/nvidia/lib64"]
    assert find_driver(tmp_path / "another") is None
    (tmp_path / "windows/dev").mkdir(parents=True)
    (tmp_path / "windows/dev/dxg").touch()
    assert find_driver(tmp_path / "windows") == Driver(tmp_path / "windows", (Path("/dev/dxg"),), (), ())


@pytest.mark.usefixtures("machine")
def test_both_have_to_agree(bare_course: Course, monkeypatch: pytest.MonkeyPatch):
    silent = load_manifest(bare_course.unit.manifest)
    consent(bare_course)
    asks = load_manifest(bare_course.unit.manifest)
    given = [driver_for(m, agreed=agreed) is not None for m in (silent, asks) for agreed in (False, True)]
    assert given == [False, False, False, True]
    monkeypatch.setenv("MLSYS_GPU", "0")
    assert driver_for(asks, agreed=True) is None


@pytest.mark.usefixtures("machine")
def test_it_is_used_in_the_sandbox(course: Course):
    found, notes = sees(course, gpu=True)
    assert found == ["", "1", "0000", True, True, False]
    assert NOTE in notes


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(("asks", "agreed"), [(False, True), (True, False)])
def test_nothing_of_it_is_there_otherwise(course: Course, asks: bool, agreed: bool):
    found, notes = sees(course, asks=asks, gpu=agreed)
    assert found == NOTHING
    assert NOTE not in notes
    assert any("simulators" in note for note in notes) is asks


def test_where_there_is_none_nothing_changes(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gpu, "ROOT", tmp_path / "empty")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert sees(course, gpu=True)[0] == NOTHING


def plan(tmp_path: Path, driver: Driver | None, tier: str = "bubblewrap") -> SandboxPlan:
    for name in ("submission", "scratch"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "reference").mkdir(exist_ok=True)
    return SandboxPlan(
        Unit("02_sums", tmp_path), tmp_path / "submission", tmp_path / "scratch", tier, gpu=driver
    )


def test_the_arguments_differ_in_the_driver_alone(machine: Path, tmp_path: Path):
    without, seen = plan(tmp_path, None).view(1000), plan(tmp_path, find_driver()).view(1000)
    assert not any("nvidia" in word or "/bus/pci" in word for word in without)
    devices = [word for flag, word in itertools.pairwise(seen) if flag == "--dev-bind"]
    assert devices[:2] == [str(machine / "dev/nvidiactl"), str(machine / "dev/nvidia0")]
    made, closed = seen.index("/dev"), len(seen) - 1 - seen[::-1].index("/dev")
    assert made < seen.index("--dev-bind") < closed, "into the new /dev, before it is closed for writing"
    assert [seen[closed - 1], seen[made - 1]] == ["--remount-ro", "--dev"]
    shown = [word for word in seen if word.startswith("/sys")]
    assert "/sys/devices" in shown
    assert "/sys/devices/system" not in shown, "it is shown already"


@pytest.mark.usefixtures("machine")
def test_without_a_sandbox_the_switch_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_HOME", "/usr/local/cuda")
    denied = plan(tmp_path, None, "none").environment
    given = plan(tmp_path, find_driver(), "none").environment
    assert denied["MLSYS_GPU"] == "0"
    assert not denied.keys() & {"CUDA_VISIBLE_DEVICES", "CUDA_HOME", "TRITON_CACHE_DIR"}
    assert "MLSYS_GPU" not in given
    assert (given["CUDA_VISIBLE_DEVICES"], given["CUDA_HOME"]) == ("1", "/usr/local/cuda")
    assert given["LD_LIBRARY_PATH"].endswith("/usr/local/nvidia/lib64")
    assert given["TRITON_CACHE_DIR"] == str(tmp_path / "scratch/tmp/.triton")


@pytest.mark.usefixtures("machine")
def test_the_driver_has_address_space(bare_course: Course, tmp_path: Path):
    limits = load_manifest(bare_course.unit.manifest).limits
    spare = [
        Session(plan(tmp_path, driver), (), {}).config(limits, {})["limits"]["data"]
        - (limits.memory_mb << 20)
        for driver in (None, find_driver())
    ]
    assert spare == [SPARE, SPARE_WITH_GPU]


@pytest.mark.usefixtures("machine")
def test_compiled_kernels_stay_for_the_next_test(course: Course):
    keep = """
import os, pathlib

def add(name, _):
    folder = pathlib.Path(os.environ.get(name, "/tmp/neither"))
    there = folder.exists()
    folder.mkdir(exist_ok=True)
    return there
"""
    text = """
    import pytest
    @pytest.mark.parametrize("run", [1, 2])
    def test_one(student, run):
        for name in ("TRITON_CACHE_DIR", "OTHER"):
            assert student.call("add", name, 0) == (run == 2 and name == "TRITON_CACHE_DIR")
    """
    course.checks(text)
    consent(course)
    assert course.one(keep, gpu=True).passed
