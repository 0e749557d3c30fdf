"""Find out if kernels can use an NVIDIA GPU, without starting its driver: a fork may follow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

DEVICES = (Path("/dev/nvidiactl"), Path("/dev/dxg"))  # Linux, and Linux under Windows

Obstacle = Literal["absent", "refused", "torch", "driver", "nvvm"]


def obstacle() -> Obstacle | None:
    """Return the reason why kernels run on simulators, or None: torch and numba can both use the GPU.

    "absent": there is no GPU. "refused": MLSYS_GPU=0 asks for the simulators. "torch": torch was built
    without CUDA. "driver": torch cannot use the GPU with this driver. "nvvm": numba lacks NVIDIA's compiler
    libraries.
    """
    if not any(path.exists() for path in DEVICES):
        return "absent"
    if os.environ.get("MLSYS_GPU") == "0":
        return "refused"
    import torch

    if torch.version.cuda is None:
        return "torch"
    # Otherwise the next question starts the driver, and no process forked later could use the GPU (the documentation
    # of torch.cuda.is_available): the grader forks one for each check.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    if not torch.cuda.is_available():
        return "driver"
    return None if has_nvvm() else "nvvm"


def has_nvvm() -> bool:
    """Return True if numba finds NVIDIA's compiler libraries, in packages or in a CUDA toolkit."""
    try:
        from cuda import pathfinder
    except ImportError:
        return False
    try:
        for name in ("nvvm", "nvrtc"):
            pathfinder.load_nvidia_dynamic_lib(name)
    except (pathfinder.DynamicLibNotFoundError, OSError):
        return False
    return True
