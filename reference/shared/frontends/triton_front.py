"""Triton's own front end: translates a kernel to Triton's intermediate language, without a GPU."""

from __future__ import annotations

from typing import Any

ARCH = 90  # an H100


def enter(refuse: Any, seen: list[str]) -> None:
    """Let a launch of a kernel translate it for its arguments, and run nothing, in this process, for good.

    The process must compile kernels, not interpret them. refuse(error, function) is called with an error of the front
    end, and has to raise. seen: gets the name of each kernel that it looked at.
    """
    from triton._C.libtriton import ir
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource, make_backend
    from triton.runtime import autotuner, jit

    library: Any = ir
    backend: Any = make_backend(GPUTarget("cuda", ARCH, 32))

    def run(kernel: Any, *args: Any, grid: Any, warmup: bool, **kwargs: Any) -> None:
        del grid, warmup
        kwargs |= {"debug": False, "instrumentation_mode": ""}
        binder = jit.create_function_from_signature(kernel.signature, kernel.params, backend)
        bound, specialization, options = binder(*args, **kwargs)
        options, signature, constants, attributes = kernel._pack_args(
            backend, kwargs, bound, specialization, options
        )
        seen.append(kernel.fn.__name__)
        try:
            source = ASTSource(kernel, signature, constants, attributes)
            context = library.context()
            library.load_dialects(context)
            backend.load_dialects(context)
            source.make_ir(
                backend.target,
                options,
                backend.get_codegen_implementation(options),
                backend.get_module_map(),
                context,
            )
        except Exception as error:
            refuse(error, kernel.fn)

    def first(tuner: Any, *args: Any, **kwargs: Any) -> Any:
        tuner.configs = tuner.configs[:1]  # nothing can be measured
        return tuned(tuner, *args, **kwargs)

    function: Any = jit.JITFunction
    function.run = run
    tuner: Any = autotuner.Autotuner
    tuned = tuner.run
    tuner.run = first


def is_complaint(error: BaseException) -> bool:
    """Return True for an error of Triton's compiler."""
    return any(each.__name__ == "TritonError" for each in type(error).__mro__)
