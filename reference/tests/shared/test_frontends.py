"""The compilers' front ends refuse what only the simulators run, name the line, and change nothing in this process."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reference.shared import gpu
from reference.shared.frontends import complaints, cuda_front
from reference.shared.frontends.asking import ask

if gpu.select().has_gpu:
    pytest.skip("the compiler itself looks where a GPU runs the kernels", allow_module_level=True)

HEAD = """import numpy as np
from reference.shared import gpu
cuda = gpu.select().cuda
SIZE = 4

@cuda.jit(device=True)
def text(x):
    return f"{x}"

@cuda.jit
def kernel(out, a):
    i = cuda.threadIdx.x
"""
LINE = HEAD.count("\n") + 1  # of the first line of a body
REFUSED = {
    "try": ("try:\n        out[i] = a[i]\n    except IndexError:\n        pass", 0, "Exception matching"),
    "except": ("try:\n        out[i] = a[i]\n    except Exception:\n        pass", 0, "try statement"),
    "list": ("terms = []\n    terms.append(a[i])\n    out[i] = terms[0]", 1, "'append' of type list"),
    "literal list": ("terms = [a[0], a[1]]\n    out[i] = terms[i]", 0, "NRT required"),
    "f-string": ('place = f"{i}"\n    out[i] = a[i]', 0, "class 'str'"),
    "size": ("t = cuda.shared.array(a.shape[0], np.float32)\n    out[i] = a[i]", 0, "shared.array"),
    "sum": ("t = cuda.shared.array(SIZE + 1, np.float32)\n    out[i] = a[i]", 0, "shared.array"),
    "called": ("text(i)\n    out[i] = a[i]", -5, "class 'str'"),
}


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> None:
    cuda_front.prepare()  # once, for all forks


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Writes a module `fronted` with this text, and returns its folder."""

    def write(text: str) -> str:
        (tmp_path / "fronted.py").write_text(text)
        return str(tmp_path)

    sys.path.insert(0, str(tmp_path))
    yield write
    sys.path.remove(str(tmp_path))
    sys.modules.pop("fronted", None)


def launched() -> None:
    kernel: Any = importlib.import_module("fronted").kernel
    gpu.launch(kernel, 1, 4, np.zeros(4, np.float32), np.ones(4, np.float32))


@pytest.mark.parametrize("name", REFUSED)
def test_a_kernel_that_no_gpu_compiles_is_refused_with_its_line(place: Callable[[str], str], name: str):
    body, line, words = REFUSED[name]
    folder = place(f"{HEAD}    {body}\n")
    looked, said, file, at = ask(launched, "cuda", folder)
    assert (looked, file, at) == (True, "fronted.py", LINE + line)
    assert words in said
    assert "0x" not in said


def test_a_kernel_that_a_gpu_compiles_is_taken_and_not_run(place: Callable[[str], str]):
    folder = place(f"{HEAD}    t = cuda.shared.array(SIZE, np.float32)\n    t[i] = a[i]\n    out[i] = t[i]\n")
    out = np.zeros(4, np.float32)

    def run() -> None:
        gpu.launch(importlib.import_module("fronted").kernel, 1, 4, out, np.ones(4, np.float32))
        assert not out.any()

    assert ask(run, "cuda", folder) == (True, "", "", 0)
    run_here = importlib.import_module("fronted").kernel
    gpu.launch(run_here, 1, 4, out, np.ones(4, np.float32))
    assert out.all(), "afterwards kernels of this process still run on the simulator"


def test_other_exceptions_are_no_complaints(place: Callable[[str], str]):
    folder = place(f"{HEAD}    out[i] = a[i]\n")

    def fail() -> None:
        raise ValueError("expected something else")

    assert ask(fail, "cuda", folder) == (False, "", "", 0)


def test_a_front_end_that_dies_is_told(place: Callable[[str], str]):
    with pytest.raises(RuntimeError, match="ended without an answer"):
        ask(lambda: os._exit(1), "cuda", place(HEAD))


TRITON = """import triton
import triton.language as tl
from reference.shared import gpu
gpu.select()

@triton.jit
def kernel(x, n, BLOCK: tl.constexpr):
    places = tl.arange(0, BLOCK)
    {body}
"""


@pytest.mark.slow
@pytest.mark.alone  # beside it, tests run Triton's interpreter, which changes triton.language in its process
@pytest.mark.skipif(not gpu.select().has_triton, reason="Triton is made for Linux alone")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("tl.store(x + places, 1.0, mask=places < n)", ""),
        ("tl.store(x + tl.arange(0, n), 1.0)", "constexpr"),
        (
            "try:\n        tl.store(x + places, 1.0)\n    except IndexError:\n        pass",
            "unsupported AST node type: Try",
        ),
        ("names = {{}}\n    tl.store(x + places, 1.0)", "unsupported AST node type: Dict"),
    ],
)
def test_triton_refuses_in_its_own_words(place: Callable[[str], str], body: str, words: str):
    import torch

    folder = place(TRITON.format(body=body.replace("{{}}", "{}")))
    looked, said, file, at = ask(
        lambda: importlib.import_module("fronted").kernel[(1,)](torch.zeros(8), 8, BLOCK=8), "triton", folder
    )
    assert looked
    assert (file, at) == (("fronted.py", 9) if words else ("", 0))
    assert words in said
    assert bool(said) == bool(words)


def test_a_complaint_is_short():
    def kernel() -> None: ...

    said, _, _ = complaints.of_numba(ValueError("word " * 1000), "/nowhere", kernel)
    assert len(said) <= complaints.LONGEST
