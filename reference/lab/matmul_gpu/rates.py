"""Time functions of the desk on the GPU beside torch's product; lab 02 runs this in a process of its own.

python -m reference.lab.matmul_gpu.rates 2048 coalesced vectorized      # prints JSON: name -> FLOP/s
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

FILES = {
    "naive": "direct",
    "coalesced": "direct",
    "shared_tiled": "tiled",
    "register_tiled": "registers",
    "vectorized": "wide",
    "triton_matmul": "tl_matmul",
}


def rates(size: int, names: list[str]) -> dict[str, float]:
    """Return the FLOP/s of torch's product and of each function of the desk, interleaved; TF32 is off."""
    import torch

    from reference.shared import gpu
    from reference.shared.timing.gpu_stopwatch import gpu_seconds

    torch.backends.cuda.matmul.allow_tf32 = False
    sys.path.insert(0, str(Path.cwd()))
    a, b = torch.rand(2, size, size, device=gpu.select().device)
    functions = {"torch": torch.matmul}
    functions |= {name: getattr(importlib.import_module(FILES[name]), name) for name in names}
    wanted = a.double() @ b.double()
    for name, function in functions.items():
        worst = (function(a, b) - wanted).abs().max().item()
        if not worst < size * 1e-5:
            raise ValueError(f"{name}: expected the product, got an element that is off by {worst:.3g}")
    calls = {name: lambda function=function: function(a, b) for name, function in functions.items()}
    return {name: 2 * size**3 / seconds for name, seconds in gpu_seconds(calls).items()}


if __name__ == "__main__":
    print(json.dumps(rates(int(sys.argv[1]), sys.argv[2:])))
