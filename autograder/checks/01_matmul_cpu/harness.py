"""Runs on the student's side: records what a function reads, and looks at what numba compiled."""

# pyright: reportUndefinedVariable=false
# The worker puts `student_function` into this module: it gives the student's function of a name.

import os
import sys
import warnings
from pathlib import Path

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
    """Look at `kernel`, compiled for these operands: is it a compiled function, and does it call BLAS?"""
    from numba.core.dispatcher import Dispatcher

    student_function(public)(a, b)
    module = sys.modules[student_function(public).__module__]
    functions = [f for f in vars(module).values() if isinstance(f, Dispatcher)]
    with warnings.catch_warnings(action="ignore"):  # numba warns that cached code cannot be inspected
        code = "".join(text for function in functions for text in function.inspect_llvm().values()).encode()
    # What was compiled for an earlier test comes from numba's cache, and then its code is in the cache's files.
    stem = module.__name__.rpartition(".")[2]
    code += b"".join(p.read_bytes() for p in Path(os.environ["NUMBA_CACHE_DIR"]).rglob(f"{stem}.*.nbc"))
    main = getattr(module, kernel, None)
    return {
        "compiled": isinstance(main, Dispatcher) and len(main.signatures) > 0,  # and it was called
        "blas": b"numba_xx" in code,  # numba's entries to BLAS: numba_xxgemm, numba_xxgemv, numba_xxdot
        "parallel": b"numba_parallel_for" in code,
    }


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
