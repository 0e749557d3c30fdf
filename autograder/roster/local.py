"""The local engine: a pool of independent grading processes."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator

from autograder.core.result import GradeResult
from autograder.roster.engines import Done, Needs, Now, course_folder
from autograder.roster.job import Job

ATTEMPTS = 2  # a process that dies (the machine ran out of memory) is no mistake of the submission
GOODBYE = 10.0  # seconds for a process to remove its temporary folders


class WorkerDiedError(Exception):
    """The end of a grading process during a job."""


class Worker:
    """One grading process, started at its first job. Use it from one thread: it ends with that thread."""

    def __init__(self, seconds: float, watch: Callable[[Now], None] = lambda _: None) -> None:
        self.seconds, self.watch = seconds, watch
        self.process: subprocess.Popen[bytes] | None = None
        self.closing = False
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as this

    def start(self) -> subprocess.Popen[bytes]:
        if self.closing:
            raise WorkerDiedError("interrupted")
        if self.process is None:
            paths = [str(course_folder()), os.environ.get("PYTHONPATH", "")]
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.roster.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
                start_new_session=True,  # Ctrl-C is the grader's to handle
            )
        return self.process

    def grade(self, job: Job) -> Done:
        """Grade a job. Raises WorkerDiedError if the process ends, or takes far too long."""
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        alarm = threading.Timer(self.seconds, process.kill)
        alarm.start()
        try:
            process.stdin.write(job.to_json().encode() + b"\n")
            process.stdin.flush()
            while "now" in (answer := json.loads(process.stdout.readline())):
                now = Now(job.key, answer["now"], answer["waits"])
                alarm.cancel()  # the time in which others hold the cores does not count
                alarm = threading.Timer(self.seconds, process.kill)
                if not now.waits:
                    alarm.start()
                self.watch(now)
        except (OSError, ValueError):
            self.stop()
            raise WorkerDiedError(
                f"the grading process ended ({process.returncode}){self.last_word()}"
            ) from None
        finally:
            alarm.cancel()
        if "result" in answer:
            return Done(job, GradeResult.from_json(answer["result"]))
        return Done(job, None, answer["trouble"])

    def last_word(self) -> str:
        """The last line of the process's log, or ""."""
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - 2000))
        lines = self.errors.read().decode(errors="replace").split("\n")
        told = [line.strip() for line in lines if line.strip()]
        return f": {told[-1][:300]}" if told else ""

    def interrupt(self) -> None:
        """Stop the process, and start no other; may be called from any thread."""
        self.closing = True
        process = self.process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def patiently(worker: Worker, job: Job) -> Done:
    """Grade a job, in a new process if the first one dies."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(WorkerDiedError):
            return worker.grade(job)
    try:
        return worker.grade(job)
    except WorkerDiedError as error:
        return Done(job, None, f"{error}, {ATTEMPTS} times")


class LocalEngine:
    """An engine that grades on this machine, `workers` submissions at once; cores.py keeps their tests apart."""

    def __init__(self, workers: int, needs: Needs, watch: Callable[[Now], None] = lambda _: None) -> None:
        """watch: told what happens to each job, by the thread that heard of it."""
        self.workers, self.needs, self.watch = workers, needs, watch

    def grade(self, jobs: list[Job]) -> Iterator[Done]:
        """Yields each job when it is done. On Ctrl-C, or when closed, ends every process first."""
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        done: queue.SimpleQueue[Done | BaseException] = queue.SimpleQueue()
        stopping = threading.Event()
        for job in jobs:
            waiting.put(job)
        pool = [Worker(self.needs.seconds, self.watch) for _ in range(min(self.workers, len(jobs)))]

        def serve(worker: Worker) -> None:
            try:
                while not stopping.is_set():
                    done.put(patiently(worker, waiting.get_nowait()))
            except queue.Empty:
                pass
            except BaseException as error:
                done.put(error)
            finally:
                worker.stop()

        threads = [threading.Thread(target=serve, args=(worker,), name="mlsys-grade") for worker in pool]
        for thread in threads:
            thread.start()
        try:
            for _ in jobs:
                answer = done.get()
                if isinstance(answer, BaseException):
                    raise answer
                yield answer
        finally:
            stopping.set()
            for worker in pool:
                worker.interrupt()
            for thread in threads:
                thread.join()
