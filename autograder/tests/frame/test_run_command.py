"""`./mlsys run`: prefixes, exit codes, the trace, and the first traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.core.units import course_root

SCRIPT = """
import sys
import numpy as np
from reference.shared.comm import world
comm = world()
x = np.full(100, comm.rank, "f4")
comm.all_reduce(x)
if comm.rank == 0:
    comm.send(x, 1)
elif comm.rank == 1:
    comm.recv(x, 0)
print("sum", x[0], sys.argv[1:])
if "--fail" in sys.argv and comm.rank == 1:
    raise ValueError("on purpose")
if "--differ" in sys.argv:
    comm.all_reduce(np.zeros(2 + comm.rank))
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "autograder", "run", *words]
    environment = {"PYTHONPATH": str(course_root())}
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("backend", ["torch", "mpi"])
def test_output_and_trace(tmp_path: Path, backend: str):
    done = run(tmp_path, "-n", "2", "--backend", backend, "--trace", "out.json", "script.py", "-n", "7")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [f"[{rank}] sum 1.0 ['-n', '7']" for rank in range(2)]
    events = json.loads((tmp_path / "out.json").read_text())["traceEvents"]
    kinds = sorted(each["cat"] for each in events if each["ph"] == "X")
    assert kinds == ["all_reduce", "all_reduce", "recv", "send"]
    arrows = {each["ph"]: each for each in events if each.get("name") == "message"}
    assert arrows["s"]["id"] == arrows["f"]["id"]
    assert (arrows["s"]["pid"], arrows["f"]["pid"]) == (0, 1)
    assert all(each["dur"] >= 0 for each in events if each["ph"] == "X")


def test_a_failure_is_told_first(tmp_path: Path):
    done = run(tmp_path, "--backend", "mpi", "script.py", "--fail")
    assert done.returncode == 1
    assert done.stderr.startswith("mlsys: rank 1 raised ValueError: on purpose\n")
    assert 'script.py", line 14, in <module>' in done.stderr


def test_check_compares_calls(tmp_path: Path):
    done = run(tmp_path, "--backend", "mpi", "--check", "script.py", "--differ")
    assert done.returncode == 1
    assert "mismatch in call 2: the shapes differ" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.py"], "there is no file nothing.py"),
        (["--trace", "no/folder.json", "script.py"], "cannot write no/folder.json"),
        (["--nnodes", "2", "script.py"], "expected --rdzv HOST:PORT"),
        (["--hostfile", "hosts", "--check", "script.py"], "--trace and --check work on one machine"),
    ],
)
def test_bad_options(tmp_path: Path, words: list[str], said: str):
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert said in done.stderr
