"""Run checks in this process, on the replies of the reference, of which one is changed.

The reference answers once. Then every run of a check reads the same replies from a script, so that a changed reply
costs no student code. Values cross the real wire, and the proxy is the judge's own apart from its process.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest

from autograder.core.manifest import Limits, Manifest
from autograder.core.result import Feedback, Status
from autograder.core.units import Unit, course_root
from autograder.judge.check_selection import files_defining
from autograder.judge.checking.failures import Failure, StudentError
from autograder.judge.checking.form import expect_form
from autograder.judge.checking.timing import Timing
from autograder.judge.isolated_pytest import imports_from
from autograder.judge.session.replies import unsupported
from autograder.judge.session.student import SandboxedStudent
from autograder.judge.worker.decoding import decode
from autograder.judge.worker.submission import LoadedSubmission
from autograder.judge.worker.values import UnsupportedError, aligned, encode
from autograder.judge.worker.wire import WireLimits, parse

EVERY = -2  # instead of the number of a reply
# Functions of harnesses whose answer starts with a value of the student's: (value, ...) or ((value, counts), faults).
PLAYS = {"replay", "play", "play_counted", "views", "gradients"}
COUNTS = {"counted", "work", "traffic"}
# Functions of harnesses whose whole answer is the student's value.
WHOLE = {"schedule", "fit", "assign_buckets"}
# Functions of harnesses that run ranks: the arrays and floats in their answer are values, the rest is what they saw.
RANKS = {
    "sgd_step",
    "broadcast_state",
    "average_gradients",
    "train_ddp",
    "watch_ddp",
    "branches",
    "second_backward",
    "accumulate",
    "no_sync",
    "noise_scale",
    "clip",
    "train_sharded",
    "train_fsdp",
    "save_and_load",
    "interrupted_save",
}


@dataclass(frozen=True)
class Reply:
    """An answer of the reference, the exception that it raised, and the time that it took."""

    request: str
    value: Any = None
    error: StudentError | None = None
    seconds: float = 0.0
    keeps: bool = False  # the value is a pair: the function's, and its arguments afterwards

    @property
    def answer(self) -> Any:
        """The value of the function itself."""
        return self.value[0] if self.keeps else self.value


@dataclass(kw_only=True)
class Rehearsed(SandboxedStudent):
    """A student whose code runs in this process, or whose answers are those of `script`.

    change: gives what reply number `at` becomes, and at = EVERY: each value of the student's own functions. A harness
    sends such a value first in its answer, with its faults or counts.
    """

    submission: LoadedSubmission
    script: list[Reply] = field(default_factory=list)
    at: int = -1
    change: Callable[[Any], Any] | None = None
    replies: list[Reply] = field(default_factory=list)

    def ask(self, request: dict[str, Any], value: Any) -> Any:
        if self.dead is not None:
            self.blame(self.dead)
        name = json.dumps({key: text for key, text in request.items() if key != "source"})
        number = len(self.replies)
        known = self.script[number] if number < len(self.script) else None
        reply = known if known is not None and known.request == name else self.answer(name, request, value)
        self.replies.append(reply)
        if self.at == EVERY and request["op"] == "probe" and reply.error is None and self.change is not None:
            return crossed(first_changed(request["name"], reply.answer, self.change))
        chosen = request["op"] == "call" if self.at == EVERY else number == self.at
        if chosen and self.change is not None and reply.error is None:
            changed = self.change(reply.answer)
            return crossed((changed, reply.value[1]) if reply.keeps else changed)
        if reply.error is not None:
            raise reply.error
        return reply.value

    def timed(self, function: str, *args: Any, gives: Any = None, **kwargs: Any) -> tuple[Any, Timing]:
        self.note(function, args, kwargs)
        value = self.ask({"op": "call", "function": function}, [list(args), kwargs])
        seconds = self.replies[-1].seconds
        return expect_form(value, gives), Timing(seconds, seconds, (seconds, seconds))

    def answer(self, name: str, request: dict[str, Any], value: Any) -> Reply:
        args, kwargs = crossed(value)
        start = time.perf_counter()
        try:
            if request["op"] == "probe":
                result = self.submission.harness(request["source"], request["name"])(*args, **kwargs)
            else:
                result = self.submission.function(request["function"])(*args, **kwargs)
        except Exception as error:
            kinds = tuple(kind.__name__ for kind in type(error).__mro__)
            feedback = Feedback(message=f"{kinds[0]}: {error}")
            return Reply(name, error=StudentError(feedback, Status.ERROR, kinds[0], kinds, str(error)))
        seconds = time.perf_counter() - start
        keeps = bool(request.get("keep"))
        return Reply(name, crossed((result, args) if keeps else result), seconds=seconds, keeps=keeps)


def sends_a_value(reply: Reply) -> bool:
    """True if the reply holds a value of a student's function, which EVERY changes."""
    request = json.loads(reply.request)
    return request["op"] == "call" or request.get("name") in PLAYS | COUNTS | WHOLE | RANKS


def first_changed(name: str, answer: Any, change: Callable[[Any], Any]) -> Any:
    """Change the student's value in a harness's answer, and keep what the harness saw."""
    if name in PLAYS:
        value, *seen = answer
        if seen and type(seen[0]) is list:  # the arguments of each rank afterwards
            seen[0] = with_numbers(seen[0], change)
        return change(value), *seen
    if name in COUNTS:
        (value, counts), faults = answer
        return (change(value), counts), faults
    if name in WHOLE:
        return change(answer)
    return with_numbers(answer, change) if name in RANKS else answer


def with_numbers(answer: Any, change: Callable[[Any], Any]) -> Any:
    """The answer with each array and float changed; whole numbers, texts and the form stay."""
    if type(answer) in (list, tuple):
        return type(answer)(with_numbers(each, change) for each in answer)
    if type(answer) is dict:
        return {key: with_numbers(each, change) for key, each in answer.items()}
    return change(answer) if type(answer) in (float, np.ndarray) else answer


def crossed(value: Any) -> Any:
    """The value as it arrives at the other end of the wire. Raises StudentFailure for one that may not cross."""
    try:
        tree, arrays = encode(value)
        body = json.dumps({"value": tree}).encode()
    except UnsupportedError as error:
        raise unsupported(str(error), dtype=error.dtype) from None
    except ValueError as error:  # an int of too many digits
        raise unsupported(str(error), dtype=False) from None
    payload = b"".join(array.tobytes() + bytes(aligned(array.nbytes) - array.nbytes) for array in arrays)

    def read(array: np.ndarray, offset: int) -> None:
        array.reshape(-1).view(np.uint8)[:] = np.frombuffer(payload, np.uint8, array.nbytes, offset)

    return decode(parse(bytearray(body), WireLimits())["value"], read, len(payload))


class Solved(LoadedSubmission):
    """The reference of a unit in place of a submission; `module` finds what is imported already."""

    def __init__(self, package: str, functions: dict[str, str]) -> None:
        folder = course_root() / package.replace(".", "/") if package else ""
        super().__init__(str(folder), functions)  # front ends import the files of this folder again
        self.package = package

    def module(self, file: str) -> Any:
        return importlib.import_module(f"{self.package}{file.removesuffix('.py').replace('/', '.')}")


@dataclass
class Stage:
    """The checks of one unit, and how to run them."""

    unit: Unit
    manifest: Manifest
    modules: list[ModuleType]

    def check(self, name: str) -> Callable[..., None]:
        return next(getattr(module, name) for module in self.modules if hasattr(module, name))

    def timing(self, name: str) -> bool:
        """The outcome depends on time: it may differ here, where nothing else stops."""
        source = inspect.getsource(self.check(name))
        return "baseline" in source or "seconds" in source or "threads" in source or "echo" in source

    def proxy(self, solved: Solved, checks: Path, **more: Any) -> Rehearsed:
        limits = Limits(wall_seconds=86_400)
        return Rehearsed(
            session=cast("Any", None),
            limits=limits,
            sources=lambda _: None,
            checks=checks,
            submission=solved,
            **more,
        )

    def run(
        self,
        name: str,
        script: list[Reply] | None = None,
        judged: list[Reply] | None = None,
        at: int = -1,
        change: Callable[[Any], Any] | None = None,
    ) -> tuple[Rehearsed, Rehearsed, BaseException | None]:
        """(the student, the baseline, what the check raised). script, judged: the replies of both from a first run."""
        functions = {task.function: task.module for task in self.manifest.tasks}
        functions |= {
            body: task.module for task in self.manifest.tasks for body in task.asked if "." not in body
        }
        solved = Solved(f"reference.{self.unit.name}.", functions)
        student = self.proxy(solved, self.unit.checks, script=script or [], at=at, change=change)
        baseline = self.proxy(Solved("", {"*": "baseline.py"}), self.unit.checks, script=judged or [])
        given = {"student": student, "baseline": baseline, "rng": np.random.default_rng(5)}
        check = self.check(name)
        raised: BaseException | None = None
        try:
            check(*[given[each] for each in inspect.signature(check).parameters])
        except (Exception, pytest.fail.Exception) as error:
            raised = error
        return student, baseline, raised


@contextlib.contextmanager
def language_restored() -> Iterator[None]:
    """Restore Triton's language after each call of a device function in its interpreter, which leaves it changed.

    A graded test has a process of its own, which asks the front end first. Here one process runs all checks.
    """
    if importlib.util.find_spec("triton") is None:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        interpreter: Any = importlib.import_module("triton.runtime.interpreter")
        kind = interpreter.InterpretedFunction
        called, patched = kind.__call__, interpreter._patch_lang

        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            scope = patched(self.fn)
            try:
                return called(self, *args, **kwargs)
            finally:
                scope.restore()

        patch.setattr(kind, "__call__", call)
        yield


@contextlib.contextmanager
def stage(unit: Unit, manifest: Manifest, names: list[str] | None = None) -> Iterator[Stage]:
    """The unit's checks (of these names), imported as the judge imports them."""
    with imports_from(unit.checks), language_restored():
        files = files_defining(unit.checks, names)
        yield Stage(unit, manifest, [importlib.import_module(file.stem) for file in files])


def is_failure(raised: BaseException | None) -> bool:
    """The outcomes that are the student's: none, a failure, a failed assertion."""
    return raised is None or isinstance(raised, (Failure, AssertionError, pytest.fail.Exception))
