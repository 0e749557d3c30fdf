"""Runs on the student's side: records what a function reads, and looks at what numba compiled."""

import sys

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
    """Which numbers `name(a, b)` reads, in order, as rows (0 for a or 1 for b, row, column), and the row lookups."""
    log = []
    operands = [
        RecordingMatrix(RecordingRow(row).watch(log, matrix, i) for i, row in enumerate(rows))
        for matrix, rows in enumerate((a, b))
    ]
    student_function(name)(*operands)  # noqa: F821 (the worker puts it here)
    places = np.array(log, dtype=np.int64).reshape(-1, 3)
    return places, [matrix.lookups for matrix in operands]


def compiled(public, kernel, a, b):
    """What numba makes of `kernel` for these operands: is it a compiled function, and does it call BLAS?"""
    from numba.core.caching import NullCache
    from numba.core.dispatcher import Dispatcher

    functions = [f for f in vars(sys.modules[student_function(public).__module__]).values() if isinstance(f, Dispatcher)]  # noqa: F821
    for function in functions:
        function._cache = NullCache()  # what comes from the cache brings no code to look at
    student_function(public)(a, b)  # noqa: F821
    code = "\n".join(text for function in functions for text in function.inspect_llvm().values())
    return {
        "compiled": isinstance(student_function(kernel), Dispatcher),  # noqa: F821
        "blas": "gemm" in code or "gemv" in code,
        "parallel": "numba_parallel_for" in code,
    }


def onto_garbage(kernel, a, b, rows, columns):
    """The result array after `kernel(a, b, c)`, where c held NaN before: is every element written?"""
    c = np.full((rows, columns), np.nan, a.dtype)
    student_function(kernel)(a, b, c)  # noqa: F821
    return c


def threads():
    """How many threads numba may use here."""
    import numba

    return numba.config.NUMBA_NUM_THREADS
