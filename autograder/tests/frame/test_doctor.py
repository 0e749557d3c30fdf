"""`./mlsys doctor`: each probe tries the real program, and says how to fix what is missing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring import probes
from autograder.authoring.doctor import as_json, conclusion, examine
from autograder.authoring.probes import Finding
from autograder.core.units import course_root
from autograder.lab.jupyter import FIRST_PORT, is_free
from autograder.tests import needs
from autograder.tests.tree import mlsys
from reference.shared.gpu import detect as gpu_here


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing in it but what the test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROME_PATH", raising=False)
    return folder


@pytest.mark.slow
def test_this_machine_can_run_the_course():
    done = mlsys(course_root(), "doctor", "--json")
    report = json.loads(done.stdout)
    missing = [line for line in report["findings"] if line["verdict"] == "missing"]
    assert missing == []
    assert (done.returncode, report["ready"]) == (0, True)
    names = " ".join(line["name"] for line in report["findings"])
    assert names == "Python Packages Disk Cores Vectors Memory MPI Sandbox Browser Slides GPU Ports"
    assert all(line["fix"] for line in report["findings"] if line["verdict"] != "ok")


@pytest.mark.parametrize(
    ("probe", "program"),
    [(probes.sandbox, "bubblewrap"), (probes.browser, "chromium"), (probes.marp, "npm")],
    ids=["sandbox", "browser", "slides"],
)
def test_what_ci_needs_is_here(probe: Callable[[], Finding], program: str):
    [line] = examine((probe,))
    if line.verdict != "ok":
        needs.absent(program, f"{line.name}: {line.found}")


@pytest.mark.slow
def test_something_missing_is_exit_code_1_and_says_what_to_type(tmp_path: Path):
    shutil.copytree(course_root() / "autograder", tmp_path / "autograder")
    (tmp_path / "constraints.txt").write_text("numpy==0.1\nrich==15.0.0\nno-such-package==1\n")
    done = mlsys(tmp_path, "doctor")
    assert done.returncode == 1
    assert (
        "!!  Packages  2 with another version than in constraints.txt: numpy, no-such-package" in done.stdout
    )
    assert "to fix: rm .venv/ready, then ./mlsys doctor" in done.stdout
    assert "Something is missing: Packages." in done.stdout


def test_pins_for_other_machines_are_not_missed(tmp_path: Path):
    (tmp_path / "constraints.txt").write_text('# pins\nonly-there==1; sys_platform == "plan9"\n')
    assert probes.packages(tmp_path).verdict == "ok"


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(probes, "DISK_GB", 1e9)
    assert probes.disk().verdict == "missing"


def test_little_memory_is_no_obstacle(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(probes, "MEMORY_GB", 1e9)
    assert probes.memory().verdict == "optional"


def test_a_missing_mpi_launcher_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    line = probes.mpi()
    assert line.verdict == "missing"
    assert "no mpirun" in line.found


def test_ranks_that_do_not_meet_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program(tmp_path, "mpirun", "echo sum 1; echo sum 2; echo proxy died >&2")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert probes.mpi().found == "two ranks did not start: proxy died"


@pytest.mark.usefixtures("bare_path")
def test_no_sandbox_no_browser_no_node():
    for probe, hint in [
        (probes.sandbox, "bubblewrap"),
        (probes.browser, "chromium"),
        (probes.marp, "nodejs"),
    ]:
        line = probe()
        assert line.verdict == "optional"
        assert f"sudo apt-get install {hint}" in line.fix


def test_an_old_node_is_named(bare_path: Path):
    program(bare_path, "node", "echo v16.20.1")
    program(bare_path, "npm", "true")
    assert probes.marp().found == "Node.js 16.20.1"


def test_a_browser_that_does_not_start_is_named(bare_path: Path, monkeypatch: pytest.MonkeyPatch):
    program(bare_path, "chrome", "echo libnss3.so: cannot open; exit 127")
    monkeypatch.setenv("CHROME_PATH", str(bare_path / "chrome"))
    assert probes.browser().found.endswith("chrome does not start: libnss3.so: cannot open")


@pytest.fixture
def t4(bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with a GPU, which everything can use; the test takes something away."""
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(gpu_here, "DEVICES", (tmp_path / "nvidiactl",))
    monkeypatch.delenv("MLSYS_GPU", raising=False)
    monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "0")  # so that the probe leaves no other value behind
    monkeypatch.setattr("torch.version.cuda", "13.0")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr(gpu_here, "has_nvvm", lambda: True)
    monkeypatch.setattr(probes, "can_build", lambda: True)
    program(bare_path, "nvidia-smi", "echo 'NVIDIA T4, 15360 MiB'")
    return monkeypatch


def test_no_gpu_is_fine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gpu_here, "DEVICES", ())
    monkeypatch.setattr("sys.platform", "linux")
    assert probes.gpu() == Finding("GPU", "ok", "none needed: kernels run on the simulators")
    monkeypatch.setattr("sys.platform", "darwin")
    assert probes.gpu().found == "none needed: CUDA kernels run on numba's simulator; Triton needs Linux"


def test_a_gpu_is_named(t4: pytest.MonkeyPatch, bare_path: Path):
    assert probes.gpu() == Finding("GPU", "ok", "NVIDIA T4, 15360 MiB; kernels run on it")
    program(bare_path, "nvidia-smi", "echo 'NVIDIA-SMI has failed' ; exit 9")
    assert probes.gpu().found == "an NVIDIA GPU; kernels run on it"
    t4.setenv("MLSYS_GPU", "0")
    assert probes.gpu().found == "an NVIDIA GPU; MLSYS_GPU=0 is set, so kernels run on the simulators"


@pytest.mark.parametrize(
    ("name", "value", "found", "fix"),
    [
        ("torch.version.cuda", None, "this build of torch has no CUDA", "pip uninstall -y torch"),
        ("torch.cuda.is_available", lambda: False, "torch cannot use it", "a driver for CUDA 13.0"),
        (
            "reference.shared.gpu.detect.has_nvvm",
            lambda: False,
            "numba lacks NVIDIA's compiler",
            "numba-cuda[cu13]",
        ),
        ("autograder.authoring.probes.can_build", lambda: False, "no C compiler", "install gcc"),
    ],
)
def test_what_keeps_kernels_from_the_gpu_is_named(
    t4: pytest.MonkeyPatch, name: str, value: object, found: str, fix: str
):
    t4.setattr(name, value)
    line = probes.gpu()
    assert line.verdict == "optional"
    assert f"NVIDIA T4, 15360 MiB; {found}" in line.found
    assert fix in line.fix


def test_a_library_of_numba_that_is_not_there(monkeypatch: pytest.MonkeyPatch):
    pathfinder = pytest.importorskip("cuda.pathfinder")
    assert gpu_here.has_nvvm() in {True, False}

    def absent(name: str) -> None:
        raise pathfinder.DynamicLibNotFoundError(name)

    monkeypatch.setattr(pathfinder, "load_nvidia_dynamic_lib", absent)
    assert not gpu_here.has_nvvm()


def test_a_compiler_is_looked_for(bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"include": str(tmp_path)})
    assert not probes.can_build()
    program(bare_path, "gcc", "true")
    assert not probes.can_build()
    (tmp_path / "Python.h").touch()
    assert probes.can_build()


def test_a_taken_port_is_no_obstacle():
    with socket.socket() as occupant:
        if is_free(FIRST_PORT):
            occupant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            occupant.bind(("127.0.0.1", FIRST_PORT))
            occupant.listen()
        assert f"{FIRST_PORT} is in use" in probes.loopback().found
        assert probes.loopback().verdict == "ok"


def test_a_command_without_end_is_stopped(bare_path: Path):
    program(bare_path, "forever", f"exec {shutil.which('sleep', path=os.defpath)} 60")
    assert probes.attempt(["forever"], seconds=0.2) == (False, "no answer in 0 s")


def test_a_probe_that_fails_is_a_finding():
    def broken() -> Finding:
        raise RuntimeError("boom")

    [line] = examine((broken,))
    assert (line.name, line.verdict, line.found) == ("Broken", "missing", "RuntimeError: boom")


def test_the_conclusion_and_the_json_agree():
    fine, some, bad = (
        Finding("A", "ok", ""),
        Finding("B", "optional", "", "x"),
        Finding("C", "missing", "", "x"),
    )
    assert conclusion([fine]) == "Ready: everything works."
    assert conclusion([fine, some]).endswith("follow the lines marked --: B.")
    assert conclusion([fine, some, bad]).startswith("Something is missing: C.")
    assert [json.loads(as_json(lines))["ready"] for lines in ([fine, some], [bad])] == [True, False]
