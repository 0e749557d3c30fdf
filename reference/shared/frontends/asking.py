"""Run code whose kernels a compiler's front end looks at, in a process of its own that runs no kernel."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from reference.shared.frontends import complaints, cuda_front, triton_front

Language = Literal["cuda", "triton"]


class RefusedError(Exception):
    """A front end's complaint about a kernel: (complaint, file, line)."""


def ask(run: Callable[[], object], language: Language, folder: str) -> tuple[bool, str, str, int]:
    """Call `run` in a fork of this process, where a launch of a kernel only asks the compiler's front end.

    folder: of the files with kernels; they are imported again, because a decorator has chosen the simulator before.
    Returns (True if the front end looked at a kernel, its complaint or "", the name of the file, the line). Any
    other exception of `run` is no complaint: it ends the look, and comes again where the kernels run.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            answer = _look(run, language, folder)
            with os.fdopen(writing, "w") as pipe:
                json.dump(answer, pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError("the compiler's front end ended without an answer; try a smaller kernel")
    looked, said, file, line = json.loads(text)
    return looked, said, file, line


def _look(run: Callable[[], object], language: Language, folder: str) -> tuple[bool, str, str, int]:
    told: list[tuple[str, str, int]] = []
    seen: list[str] = []

    def refuse(error: BaseException, function: Any) -> None:
        if language == "cuda":
            told.append(complaints.of_numba(error, folder, function))
        else:
            told.append(complaints.of_triton(error, function))
        raise RefusedError(*told[-1]) from None

    front = _enter(language, folder, refuse, seen)
    try:
        run()
    except Exception as error:
        if not told and front.is_complaint(error):
            told.append(complaints.of_import(error, folder))
    said, file, line = told[0] if told else ("", "", 0)
    return bool(seen), said, Path(file).name, line


def _enter(language: Language, folder: str, refuse: Any, seen: list[str]) -> Any:
    """Put the compiler in the simulator's place, and forget the modules that chose the simulator."""
    front = cuda_front if language == "cuda" else triton_front
    cuda = cuda_front.enter(refuse, seen) if language == "cuda" else sys.modules.get("numba.cuda")
    for name, module in list(sys.modules.items()):
        own = str(getattr(module, "__file__", None) or "").startswith(folder.rstrip("/") + "/")
        if own or name == "reference" or name.startswith("reference."):
            del sys.modules[name]
    backend: Any = importlib.import_module("reference.shared.gpu.backend")
    if language == "cuda":
        backend._selected = backend.Backend(cuda, None)  # its kernels have the sizes that they have on a GPU
    else:
        backend._set_up_triton(interpreted=False)
        backend._selected = backend.Backend(cuda, "absent")
        triton_front.enter(refuse, seen)
    return front
