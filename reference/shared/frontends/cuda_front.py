"""The front end of numba-cuda beside its simulator: types a kernel, and translates it to LLVM, without a GPU.

numba.cuda is either the compiler or the simulator, and its first import decides. So `prepare` imports it a second time,
and keeps the modules aside; `enter` puts them in the simulator's place, in a process that runs no kernel afterwards.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

ARCH = (9, 0)  # of the GPU that the kernel is translated for, an H100
_kept: dict[str, ModuleType] = {}


def prepare() -> None:
    """Import numba-cuda's compiler and keep it; numba.cuda stays as it is. Takes seconds, once."""
    if _kept:
        return
    import numba
    import numba.core.config

    config: Any = numba.core.config
    before, simulated = _taken_out(), getattr(config, "ENABLE_CUDASIM", 0)
    package: Any = numba
    was = package.__dict__.pop("cuda", None)
    config.ENABLE_CUDASIM = 0
    try:
        cuda: Any = importlib.import_module("numba.cuda")
        _warm(cuda)
        _kept.update(_taken_out())
    finally:
        _taken_out()
        sys.modules.update(before)
        package.__dict__.pop("cuda", None)
        if was is not None:
            package.cuda = was
        config.ENABLE_CUDASIM = simulated


def enter(refuse: Any, seen: list[str]) -> ModuleType:
    """Make numba.cuda the compiler in this process, for good; returns it.

    A launch of a kernel then compiles it for its arguments, and runs nothing. refuse(error, function) is called
    with an error of the compiler, and has to raise. seen: gets the name of each kernel that the compiler looked at.
    """
    prepare()
    import numba
    import numba.core.config

    _taken_out()
    sys.modules.update(_kept)
    cuda: Any = _kept["numba.cuda"]
    package: Any = numba
    package.cuda = cuda
    config: Any = numba.core.config
    config.ENABLE_CUDASIM = 0
    dispatcher: Any = _kept["numba.cuda.dispatcher"]

    def configured(kernel: Any, _sizes: Any) -> Any:
        def launch(*args: Any) -> None:
            types = tuple(kernel.typeof_pyval(arg) for arg in args)
            seen.append(kernel.py_func.__name__)
            try:
                _compile(kernel.py_func, types)
            except Exception as error:
                refuse(error, kernel.py_func)

        return launch

    dispatcher.CUDADispatcher.__getitem__ = configured
    cuda.synchronize = lambda: None
    return cuda


def is_complaint(error: BaseException) -> bool:
    """Return True for an error of numba's compiler, also one that a decorator raised."""
    return any(each.__name__ == "NumbaError" for each in type(error).__mro__)


def _compile(function: Any, types: tuple[Any, ...]) -> None:
    compiler: Any = _kept.get("numba.cuda.compiler") or importlib.import_module("numba.cuda.compiler")
    compiler.compile_cuda(function, compiler.types.void, types, cc=ARCH)


def _warm(cuda: Any) -> None:
    """Compile a small kernel, which loads what every kernel needs."""
    dispatcher: Any = importlib.import_module("numba.cuda.dispatcher")
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=ARCH)

    def kernel(out, a):
        tile = cuda.shared.array(8, cuda.types.float32)
        i = cuda.grid(1)
        tile[i] = a[i]
        cuda.syncthreads()
        out[i] = tile[i]

    vector: Any = cuda.types.Array(cuda.types.float32, 1, "C")
    _compile(kernel, (vector, vector))


def _taken_out() -> dict[str, ModuleType]:
    """Take the modules of numba.cuda out of sys.modules, and return them."""
    names = [name for name in sys.modules if name == "numba.cuda" or name.startswith("numba.cuda.")]
    return {name: sys.modules.pop(name) for name in names}
