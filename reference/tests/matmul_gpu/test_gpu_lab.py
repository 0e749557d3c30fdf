"""Lab 02's cell for a machine with a GPU, tried without one: a made-up clock stands in for the GPU's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reference.lab.matmul_gpu import machines
from reference.lab.matmul_gpu import rates as gpu_rates
from reference.shared.gpu.detect import obstacle

ROOT = Path(__file__).parents[3]
UNIT = "reference.matmul_gpu."


def desk(folder: Path) -> Path:
    """The solved files, side by side as on a desk."""
    for path in (ROOT / "reference" / "matmul_gpu").glob("[a-z]*.py"):
        (folder / path.name).write_text(path.read_text().replace(f"from {UNIT}", "from "))
    return folder


def test_without_a_gpu_nothing_is_timed(capsys: pytest.CaptureFixture[str]):
    if obstacle() is None:
        pytest.skip("there is a GPU")
    assert machines.measure() is None
    assert "nothing was timed" in capsys.readouterr().out
    assert "simulator" in machines.describe()


def test_an_unknown_function_is_refused():
    with pytest.raises(ValueError, match=r"expected some of naive, .*, got fastest"):
        machines.measure(["fastest"])


def test_the_rates_of_the_other_process_become_a_table(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machines, "obstacle", lambda: None)
    said = json.dumps({"torch": 50e12, "naive": 1e12})
    done = subprocess.CompletedProcess([], 0, f"a kernel says something\n{said}\n", "")
    monkeypatch.setattr(machines.subprocess, "run", lambda *_, **__: done)
    table = machines.measure(["naive"])
    assert table is not None
    assert table.rows == (("torch", "50.00", "100%"), ("naive", "1.00", "2%"))
    done.returncode, done.stderr = 1, "Traceback ...\nRuntimeError: no kernel image"
    with pytest.raises(RuntimeError, match="did not run on the GPU: RuntimeError: no kernel image"):
        machines.measure(["naive"])


def rates(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """`gpu_rates` in a process of its own, as the lab starts it, but with a clock that says 2 s of every call."""
    code = f"""
import json
import reference.shared.timing.gpu_stopwatch
def clock(calls):
    [call() for call in calls.values()]
    return dict.fromkeys(calls, 2.0)
reference.shared.timing.gpu_stopwatch.gpu_seconds = clock
from reference.lab.matmul_gpu.rates import rates
print(json.dumps(rates(16, {list(names)!r})))
"""
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_gpu_is_left_for_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machines, "obstacle", lambda: None)
    assert machines.describe().startswith("Simulators draw the pictures of this notebook")


@pytest.mark.slow
def test_what_a_desk_wrote_is_checked_and_timed(tmp_path: Path):
    done = rates(desk(tmp_path), *gpu_rates.FILES)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == dict.fromkeys(["torch", *gpu_rates.FILES], float(16**3))


@pytest.mark.slow
def test_a_wrong_product_is_not_timed(tmp_path: Path):
    (desk(tmp_path) / "direct.py").write_text("def naive(a, b):\n    return a + b\n")
    done = rates(tmp_path, "naive")
    assert done.returncode == 1
    assert "naive: expected the product, got an element that is off by" in done.stderr.splitlines()[-1]
