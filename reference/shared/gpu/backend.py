"""Choose what runs GPU kernels in this process: an NVIDIA GPU, or simulators if there is none.

    from reference.shared import gpu

    cuda = gpu.select().cuda

The first call of `select` decides for the whole process; later calls return the same `Backend`. Without a GPU
the CUDA kernels of numba run on numba-cuda's simulator (with `reference/shared/simulators/scheduler.py`,
which runs the threads of a block in any order), and Triton's kernels in Triton's interpreter. Both compute
correct numbers, one thread or program after the other; neither says anything about speed.

Importing this module changes nothing, and `select` does not change the environment variables of the process.
Set MLSYS_GPU=0 in the environment to use the simulators although there is a GPU.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from reference.shared.gpu.detect import Obstacle, obstacle

# Modules of Triton that hold functions under @triton.jit: each decides when it is imported how they will run.
TRITON_LIBRARY = ("triton.language.target_info", "triton.language.standard", "triton.language.random")


@dataclass(frozen=True)
class Backend:
    """The GPU or the simulators that run kernels in this process."""

    cuda: Any  # numba.cuda, or the module of numba-cuda's simulator that stands in for it
    obstacle: Obstacle | None  # why it is not the GPU, as `detect.obstacle` says it; None: it is the GPU

    @property
    def has_gpu(self) -> bool:
        """True if kernels run on a GPU."""
        return self.obstacle is None

    @property
    def device(self) -> str:
        """Device of the torch tensors that kernels take: "cuda" or "cpu"."""
        return "cuda" if self.has_gpu else "cpu"

    @property
    def has_triton(self) -> bool:
        """True if Triton is installed: there are builds for Linux only."""
        return importlib.util.find_spec("triton") is not None

    def describe(self) -> str:
        """Say in one line what runs the kernels."""
        if self.has_gpu:
            import torch

            return f"Kernels run on the GPU: {torch.cuda.get_device_name()}."
        language = "Triton's interpreter" if self.has_triton else "no Triton (it needs Linux)"
        reasons = {"absent": "No NVIDIA GPU here", "refused": "The simulators were asked for"}
        why = reasons.get(str(self.obstacle), "The GPU is not used (./mlsys doctor says why)")
        return f"{why}: kernels run on numba-cuda's simulator and {language}. Right numbers, no speed."


_selected: Backend | None = None


def select(*, simulate: bool = False, interpret: bool = True) -> Backend:
    """Decide what runs kernels in this process, once; later calls return the choice of the first.

    simulate: take the simulators even if there is a GPU. interpret: False keeps Triton's compiler even
    without a GPU, for code that compiles kernels and does not launch them (`compile.py`).

    The first call imports numba.cuda, and installs the simulators if kernels run on them: about a second.
    Raises RuntimeError if `simulate` comes after the GPU was selected, or if numba.cuda was imported before
    the first call and has chosen otherwise (a GPU that does not exist, say).
    """
    global _selected
    if _selected is None:
        found = "refused" if simulate else obstacle()
        backend = Backend(_numba_cuda(simulated=found is not None), found)
        if backend.has_triton:
            _set_up_triton(interpreted=found is not None and interpret)
        _selected = backend
    elif simulate and _selected.has_gpu:
        raise RuntimeError(
            "gpu.select: expected simulate=True in the first call of the process, got it after the GPU was selected; "
            "call gpu.select(simulate=True) before you import modules with kernels, or set MLSYS_GPU=0"
        )
    return _selected


def _numba_cuda(*, simulated: bool) -> Any:
    """Import numba.cuda, which chooses on its first import between a GPU's driver and the simulator."""
    import numba.core.config

    config: Any = numba.core.config
    config.ENABLE_CUDASIM = int(simulated)  # numba has read the environment by now
    cuda: Any = importlib.import_module("numba.cuda")
    if ("simulator" in cuda.device_array.__module__) != simulated:
        chosen, wanted = ("a GPU", "the simulator") if simulated else ("the simulator", "the GPU")
        raise RuntimeError(
            f"gpu.select: expected to be called before numba.cuda is imported, which has chosen {chosen} where "
            f"kernels have to run on {wanted}; call `gpu.select()` above every import of numba.cuda"
        )
    if simulated:
        from reference.shared.simulators import scheduler

        scheduler.install()
    return cuda


def _set_up_triton(*, interpreted: bool) -> None:
    """Make Triton interpret, or compile, the kernels of this process.

    Triton's own library chooses when it is imported; if it has chosen otherwise before, it is imported again.
    """
    import triton
    import triton.language

    knobs: Any = triton.knobs  # pyright: ignore[reportAttributeAccessIssue]
    propagated, knobs.propagate_env = knobs.propagate_env, False
    try:
        knobs.runtime.interpret = interpreted
        knobs.compilation.front_end_debugging = interpreted  # the interpreter's errors come as they are
    finally:
        knobs.propagate_env = propagated
    if isinstance(triton.language.sum, triton.JITFunction) == interpreted:
        for name in TRITON_LIBRARY:
            importlib.reload(importlib.import_module(name))
        importlib.reload(triton.language)
    if interpreted:
        from reference.shared.simulators import triton_numbers

        triton_numbers.install()
