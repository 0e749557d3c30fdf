"""Runs on the student's side: records what a function reads, and looks at what numba compiled."""

# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

import ctypes
import dis
import sys
import warnings
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np


class RecordingRow(list):
    """A row that notes the place of every number that is read from it."""

    def watch(self, log, matrix, row):
        self.log, self.matrix, self.row = log, matrix, row
        return self

    def __getitem__(self, index):
        for column in range(*index.indices(len(self))) if isinstance(index, slice) else [index]:
            self.log.append((self.matrix, self.row, column))
        return super().__getitem__(index)

    def __iter__(self):
        for column, value in enumerate(super().__iter__()):
            self.log.append((self.matrix, self.row, column))
            yield value


class RecordingMatrix(list):
    """A list of rows that counts how often a row is looked up."""

    lookups = 0

    def __getitem__(self, index):
        self.lookups += 1
        return super().__getitem__(index)


def reads(name, a, b):
    """The numbers that `name(a, b)` reads, in order, as rows (0 for a or 1 for b, row, column), and the row lookups."""
    log = []
    operands = [
        RecordingMatrix(RecordingRow(row).watch(log, matrix, i) for i, row in enumerate(rows))
        for matrix, rows in enumerate((a, b))
    ]
    student_function(name)(*operands)
    places = np.array(log, dtype=np.int64).reshape(-1, 3)
    return places, [matrix.lookups for matrix in operands]


def compiled(public, kernel, a, b):
    """Look at `kernel`, compiled for these operands: is it a compiled function, and whose code does it run?"""
    from numba.core.dispatcher import Dispatcher

    function = student_function(public)
    function(a, b)
    main = getattr(sys.modules[function.__module__], kernel, None)
    if not isinstance(main, Dispatcher) or not main.signatures:  # no signature: it was not called
        return {"compiled": False}
    code = machine_code(main)
    names, functions = uses(main.py_func)
    foreign = [f for f in functions if is_address(f)]
    return {
        "compiled": True,
        "blas": b"numba_xx" in code or bool(names & PRODUCTS),  # numba's entries to BLAS: numba_xxgemm ...
        "objects": "objmode" in names or any(o.lifted for o in main.overloads.values()),
        "address": bool(foreign) or b".dynamic.globals" in code,
        "parallel": b"numba_parallel_for" in code,
    }


def machine_code(main):
    """All code that numba made for one function, with what it calls; no other function's code.

    numba keeps code in a cache, of every function of a file, also of those that the file had before. What came from
    there cannot be printed, but the cache's index names the files that are of this function as it is now.
    """
    with warnings.catch_warnings(action="ignore"):  # numba warns that cached code cannot be inspected
        code = "".join(main.inspect_llvm().values()).encode()
    file = getattr(main._cache, "_cache_file", None)
    if file is None:
        return code
    return code + b"".join(
        Path(file._cache_path, name).read_bytes() for name in set(file._load_index().values())
    )


FUNCTION_OF_C = ctypes.CFUNCTYPE(None).__bases__[0]  # the type of every function that ctypes finds
# Numpy's and numba's names of a library's product, and the operator's.
PRODUCTS = {"dot", "vdot", "matmul", "inner", "tensordot", "linalg", "@"}


def uses(function):
    """Find what a function uses, and the compiled functions that it calls.

    Returns the names of attributes, with "@" for the operator, and the objects of its global names.
    """
    from numba.core.dispatcher import Dispatcher

    names, found, waiting, seen = set(), [], [function], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        codes = [each.__code__]
        scope = dict(each.__globals__)
        for name, cell in zip(each.__code__.co_freevars, each.__closure__ or (), strict=True):
            scope[name] = cell.cell_contents
        for code in codes:
            codes += [c for c in code.co_consts if isinstance(c, CodeType)]
            steps = list(dis.get_instructions(code))
            names |= {"@" for step in steps if step.argrepr in ("@", "@=")}
            # Attributes only: a student may call a function of their own `dot`.
            names |= {step.argval for step in steps if step.opname in ("LOAD_ATTR", "LOAD_METHOD")}
            here = [scope[name] for name in (*code.co_names, *code.co_freevars) if name in scope]
            for value in list(here):
                here += value if isinstance(value, tuple) else ()
                if (
                    not isinstance(value, Dispatcher)
                    and "cffi" in type(value).__module__ + type(value).__name__
                ):
                    here += [getattr(value, name, None) for name in code.co_names]
                elif isinstance(value, ctypes.CDLL):
                    here += [getattr(value, name) for name in code.co_names if hasattr(value, name)]
            names |= {name for name in PRODUCTS if any(value is getattr(np, name, here) for value in here)}
            names |= {"objmode" for value in here if type(value).__name__.startswith("_ObjModeContext")}
            found += here
            waiting += [value.py_func for value in here if isinstance(value, Dispatcher)]
    return names, found


def is_address(value):
    """True if numba would call this object through an address: a function of a foreign library."""
    from numba.core.ccallback import CFunc
    from numba.core.types import ExternalFunction, ExternalFunctionPointer

    foreign = isinstance(value, FUNCTION_OF_C | CFunc | ExternalFunction | ExternalFunctionPointer)
    return foreign or type(value).__module__ == "_cffi_backend" or type(value).__name__ == "CompiledLib"


def made_by(public, kernel, a, b, mark):
    """Call `public` with `kernel` in exchange for a function that writes `mark` everywhere.

    Returns the result; None if the kernel got the finished product. The exchange is in numba's own type, so that it
    meets the kernel under every name that Python code knows it by. A compiled function that calls it runs as Python.
    """
    from numba.core.dispatcher import Dispatcher

    function = student_function(public)
    main = getattr(sys.modules[function.__module__], kernel, None)
    if not isinstance(main, Dispatcher):
        return None
    product = a @ b  # kept until the end: np.empty of the student's must not find it in freed memory
    finished = []

    def call(dispatcher, *args, **kwargs):
        if dispatcher is not main:
            calls_it = any(each is main for each in uses(dispatcher.py_func)[1])
            numbas: Any = super(kind, dispatcher)  # the call as numba makes it
            return (dispatcher.py_func if calls_it else numbas.__call__)(*args, **kwargs)
        written = np.full(product.shape, mark, a.dtype)
        for each in (*args, *kwargs.values()):
            if not isinstance(each, np.ndarray) or each.dtype != a.dtype:
                continue
            corner = each[: len(a), : b.shape[1]] if each.ndim == 2 else each
            finished.append(corner.shape == product.shape and np.allclose(corner, product, rtol=1e-3))
            if each.flags.writeable and not np.shares_memory(each, a) and not np.shares_memory(each, b):
                each[...] = mark
                written = each
        return written

    kind = type(main)
    kind.__call__ = call
    try:
        result = function(a, b)
        return None if any(finished) else result
    finally:
        del kind.__call__


def onto_garbage(kernel, a, b, rows, columns):
    """The result array after `kernel(a, b, c)`, where c held NaN before: is every element written?"""
    c = np.full((rows, columns), np.nan, a.dtype)
    student_function(kernel)(a, b, c)
    return c


def leaves(m, k, n):
    """The leaves into which the student's `_divide` cuts an m x k x n product."""
    divide = student_function("recursive.py:_divide")
    block = student_function("recursive.py:Block")
    found = []
    divide(block(0, m, 0, k, 0, n), found)
    return np.array(found, np.int64).reshape(-1, 6)


def conquer(a, b, leaves, starts):
    """Run the student's `_conquer` on a plan of the judge."""
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    student_function("recursive.py:_conquer")(a, b, c, leaves, starts)
    return c
