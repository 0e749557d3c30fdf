"""An NVIDIA GPU in the sandbox, if the unit asks for it and the grading person agrees.

A sandbox has no GPU otherwise, and kernels run on simulators (`gpu.select` of `reference/shared/gpu/`), which give the
same points. A program that can open these device files talks to the driver, a large part of the kernel; bubblewrap
cannot narrow that down. So it takes both: `gpu = true` in the unit's manifest, and `./mlsys grade --gpu`. On a
student's own machine `./mlsys check` agrees by itself, and MLSYS_GPU=0 in the environment refuses.

Others' findings that this follows: device files must be bound as such, or every use of them is refused
(github.com/anthropics/claude-code/issues/64530); without /sys cuInit fails with error 304
(github.com/truefoundry/trueforge/issues/466), and newer drivers look for their own module there
(github.com/systemd/systemd/issues/38018). /proc stays writable, which the driver needs to name its threads
(github.com/nolabs-ai/nono/pull/673); under Windows there is only /dev/dxg (github.com/openai/codex/issues/22469).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.judge.sandbox.view import View

ROOT = Path("/")  # of the machine; tests have another one
SWITCH = "MLSYS_GPU"  # "0": the simulators, also where there is a GPU
PRESENT = (
    "dev/nvidiactl",
    "dev/dxg",
)  # one of them is there where there is a GPU: Linux, Linux under Windows
DEVICES = (
    "nvidiactl",
    "nvidia[0-9]*",
    "nvidia-uvm",
    "nvidia-uvm-tools",
    "nvidia-modeset",
    "nvidia-caps",
    "dxg",
)
SYSTEM = ("devices", "bus/pci", "module/nvidia*")  # of /sys; the links in bus/pci lead to devices
LIBRARIES = (
    "usr/lib/wsl/lib",
    "usr/local/nvidia/lib64",
)  # Windows' own and some clouds', unknown to the linker
INHERITED = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", SWITCH)


@dataclass(frozen=True)
class Driver:
    """The paths of this machine's GPU driver; each has the same path inside."""

    root: Path
    devices: tuple[Path, ...]
    system: tuple[Path, ...]
    libraries: tuple[Path, ...]

    def show_system(self, view: View) -> None:
        """Show the parts of /sys that the driver reads, before other parts of /sys."""
        for path in (*self.system, *self.libraries):
            if not view.covered(path):
                view.bind(self.root / path.relative_to("/"), path)

    def show_devices(self, view: View) -> None:
        """Show the device files, after /dev exists."""
        for path in self.devices:
            view.device(self.root / path.relative_to("/"), path)


def find_driver(root: Path | None = None) -> Driver | None:
    """The driver of this machine; None if there is no NVIDIA GPU. Opens nothing."""
    root = root or ROOT
    if not any((root / name).exists() for name in PRESENT):
        return None

    def found(folder: str, patterns: tuple[str, ...]) -> tuple[Path, ...]:
        names = [path for pattern in patterns for path in sorted((root / folder).glob(pattern))]
        return tuple(Path("/") / path.relative_to(root) for path in names)

    return Driver(root, found("dev", DEVICES), found("sys", SYSTEM), found("", LIBRARIES))


def driver_for(manifest: Manifest, *, agreed: bool) -> Driver | None:
    """The driver that a submission of this unit may use; None if it uses the simulators."""
    if not (manifest.gpu and agreed) or os.environ.get(SWITCH) == "0":
        return None
    return find_driver()


def variables(driver: Driver | None, tmp: str) -> dict[str, str]:
    """The GPU variables of the worker's environment; `tmp`: its temporary folder."""
    if driver is None:
        return {SWITCH: "0"}
    found = {name: os.environ[name] for name in INHERITED if name in os.environ}
    if driver.libraries:
        found["LD_LIBRARY_PATH"] = os.pathsep.join(map(str, driver.libraries))
    return found | {"TRITON_CACHE_DIR": f"{tmp}/.triton"}
