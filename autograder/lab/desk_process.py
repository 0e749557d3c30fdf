"""Check a desk in a separate process, and follow its progress: the notebook's side of `desk_check`."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograder.core.result import GradeResult
from autograder.core.units import CourseError, course_root
from autograder.judge.recorder import Started
from autograder.lab.running import Running

PERIOD = 1.0  # seconds between two progress lines


def check_in_process(
    what: str, desk: Path, show: Callable[[str], None], environment: Mapping[str, str] | None = None
) -> GradeResult:
    """Check `what` ("01.3") on `desk`; `show` gets a progress line once a second.

    environment: of the process that checks (default: this one's); MLSYS_... variables always come from this process.
    Raises CourseError for a wrong name, and if the check did not finish. An interrupt ends the process, and the
    judge removes its sandbox.
    """
    command = [sys.executable, "-P", "-m", "autograder.lab.desk_check", what, str(desk)]
    switches = {name: value for name, value in os.environ.items() if name.startswith("MLSYS_")}
    own = None if environment is None else {**environment, **switches}
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=own, cwd=course_root()
        ) as process,
    ):
        try:
            result = follow(process, show)
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if result is not None:
            return result
        errors.seek(0)
        said = errors.read().strip()
    if code == 2:
        raise CourseError(said)
    raise CourseError(
        f"the check did not finish (exit code {code}); run it again, or try ./mlsys doctor\n{said[-2000:]}"
    )


def follow(process: subprocess.Popen[str], show: Callable[[str], None]) -> GradeResult | None:
    """Read the events of the process until it ends: its result, or None if it has none."""
    events: queue.Queue[dict[str, Any] | None] = queue.Queue()
    reader = threading.Thread(target=listen, args=(process, events), daemon=True)
    reader.start()
    running: Running | None = None
    result = None
    while True:
        try:
            event = events.get(timeout=PERIOD)
        except queue.Empty:
            if running is not None:
                show(running.text())
            continue
        match event:
            case None:
                return result
            case {"checking": name}:
                running = Running(name)
                show(running.text())
            case {"start": started} if running is not None:
                running.on_start(Started(**started))
            case {"done": _} if running is not None:
                running.on_test()
            case {"result": text}:
                result = GradeResult.from_json(text)


def listen(process: subprocess.Popen[str], events: queue.Queue[dict[str, Any] | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        events.put(json.loads(line))
    events.put(None)
