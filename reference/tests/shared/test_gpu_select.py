"""`gpu.select` chooses what runs kernels: once, on request only, and without a change of the environment.

Each test asks a process of its own, because the choice holds for a whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reference.shared import gpu
from reference.shared.gpu.detect import obstacle

without_gpu = pytest.mark.skipif(obstacle() is None, reason="there is a GPU; MLSYS_GPU=0 hides it")
with_triton = pytest.mark.skipif(not gpu.Backend(None, None).has_triton, reason="Triton needs Linux")
SETTINGS = ("NUMBA_ENABLE_CUDASIM", "TRITON_INTERPRET")


def python(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS} | more
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def printed(code: str, **more: str) -> str:
    done = python(code, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_import_selects_nothing_and_changes_no_variable():
    """A notebook imports any of these; the others hold kernels, tune them, or open a lab."""
    code = """
import importlib, os, pkgutil, sys
before = dict(os.environ)
import reference.shared
import reference.lab
names = [each.name for each in pkgutil.walk_packages(reference.shared.__path__, "reference.shared.")]
names += [each.name for each in pkgutil.walk_packages(reference.lab.__path__, "reference.lab.")]
for name in names:
    if not name.endswith(("_tuning", ".preload", ".gpu_limits", ".lab")):
        importlib.import_module(name)
changed = {name for name in before.keys() | os.environ.keys() if before.get(name) != os.environ.get(name)}
print(len(names) > 20, changed, "numba.cuda" in sys.modules, sys.modules["reference.shared.gpu.backend"]._selected)
"""
    assert printed(code) == "True set() False None"


def test_the_first_call_decides():
    code = """
import os
before = dict(os.environ)
from reference.shared import gpu
first = gpu.select(simulate=True)
print(first is gpu.select() is gpu.select(simulate=True), first.device, first.has_gpu, first.obstacle)
print({n: v for n, v in os.environ.items() if before.get(n) != v and n not in ("PYTORCH_NVML_BASED_CUDA_CHECK",)})
print(first.describe())
"""
    lines = printed(code).splitlines()
    assert lines[:2] == ["True cpu False refused", "{}"]
    assert lines[2].startswith("The simulators were asked for: kernels run on numba-cuda's simulator and ")


def test_the_simulators_cannot_be_asked_for_after_a_gpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("reference.shared.gpu.backend._selected", gpu.Backend(None, None))
    with pytest.raises(RuntimeError, match=r"expected simulate=True in the first call .*MLSYS_GPU=0"):
        gpu.select(simulate=True)
    assert gpu.select().device == "cuda"


@without_gpu
@pytest.mark.slow
def test_numba_may_be_imported_before_but_not_its_cuda():
    code = "import {}; from reference.shared import gpu; print(gpu.select().cuda.device_array(2).shape)"
    assert printed(code.format("numba")) == "(2,)"
    assert printed(code.format("numba.cuda"), NUMBA_ENABLE_CUDASIM="1") == "(2,)"
    said = python(code.format("numba.cuda")).stderr
    assert "RuntimeError: gpu.select: expected to be called before numba.cuda is imported" in said
    assert "has chosen a GPU where kernels have to run on the simulator" in said


KERNEL = """
import triton
import triton.language as tl

from reference.shared import gpu

gpu.select()


@triton.jit
def kernel(x, out, N: tl.constexpr):
    tl.store(out, tl.sum(tl.load(x + tl.arange(0, N)), 0))
"""


@without_gpu
@with_triton
@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "import triton.language", "import torch.utils.flop_counter"])
def test_triton_interprets_also_when_it_was_imported_before(before: str, tmp_path: Path):
    (tmp_path / "sums.py").write_text(KERNEL)
    code = f"""
{before}
import torch
from sums import kernel
x, out = torch.arange(8.0), torch.zeros(1)
kernel[(1,)](x, out, N=8)
print(out.item())
"""
    assert printed(code, PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path])) == "28.0"


@without_gpu
@with_triton
@pytest.mark.slow
def test_a_process_that_compiles_keeps_the_compiler(tmp_path: Path):
    (tmp_path / "sums.py").write_text(KERNEL)
    code = """
import triton
from reference.shared import gpu
gpu.select(interpret=False)
from sums import kernel
print(type(kernel).__name__, type(triton.language.sum).__name__)
"""
    path = os.pathsep.join([str(tmp_path), *sys.path])
    assert printed(code, TRITON_INTERPRET="1", PYTHONPATH=path) == "JITFunction JITFunction"
