"""The Ray engine: the same grading processes, one for each Ray worker, on every node of a cluster.

Every node needs the course at the same path with the same versions, and bubblewrap. If a node dies, nothing is lost:
Ray runs its jobs again elsewhere, and received answers are in the gradebook.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from autograder.core.result import GradeResult
from autograder.core.units import CourseError
from autograder.roster.engines import Done, Needs, absent, course_folder
from autograder.roster.job import Job
from autograder.roster.local import Worker, patiently

INSTALL_RAY = ".venv/bin/python -m pip install -c constraints.txt -c constraints-ray.txt ray"
RETRIES = 20  # of a job whose node died

workers: dict[float, Worker] = {}  # of this Ray worker: the grading process outlives a job


def grade_on_node(text: str, seconds: float) -> dict[str, Any]:
    """Grade one job in this Ray worker's grading process; takes and returns JSON data."""
    worker = workers.setdefault(seconds, Worker(seconds))
    done = patiently(worker, Job.from_json(text))
    return {"trouble": done.trouble, "result": done.result.to_json() if done.result else None}


def knock(address: str) -> None:
    """Raise CourseError if nothing listens at the address: Ray would try for a minute, and end the process."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not colon or not port.isdigit():
        return  # "auto"
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=20).close()
    except OSError as error:
        raise CourseError(
            f"no Ray cluster at {address}: {error.strerror or error}\n"
            "  expected: the address that `ray start --head` printed"
        ) from None


class RayEngine:
    """An engine on the cluster at `address`; without an address, on a cluster of this machine only."""

    def __init__(self, address: str | None, needs: Needs) -> None:
        if absent("ray"):
            raise CourseError(f"Ray is not installed\n  to fix: {INSTALL_RAY}")
        self.ray: Any = import_module("ray")  # absent in most installations: nothing may need its types
        self.needs = needs
        if address:
            knock(address)
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        paths = os.pathsep.join(filter(None, (str(course_folder()), os.environ.get("PYTHONPATH", ""))))
        try:
            self.ray.init(
                address=address or "local",
                runtime_env={"env_vars": {"PYTHONPATH": paths}},
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
                include_dashboard=None if address else False,
            )
        except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            told = str(error).splitlines()[0] if str(error) else type(error).__name__
            where = f"no Ray cluster at {address}" if address else "Ray does not start here"
            raise CourseError(
                f"{where}: {told}\n  expected: the address that `ray start --head` printed"
            ) from None

    def grade(self, jobs: list[Job]) -> Iterator[Done]:
        """Yields each job when it is done; nodes may join and leave."""
        # More memory than any node has would wait for ever.
        largest = max((node["Resources"].get("memory", 0) for node in self.ray.nodes()), default=0)
        memory = min(self.needs.memory_mb << 20, int(largest))
        task = self.ray.remote(grade_on_node).options(num_cpus=1, memory=memory, max_retries=RETRIES)
        text = [job.to_json() for job in jobs]
        running = {task.remote(line, self.needs.seconds): job for line, job in zip(text, jobs, strict=True)}
        try:
            while running:
                ready, _ = self.ray.wait(list(running), num_returns=1)
                for reference in ready:
                    yield self.answer(reference, running.pop(reference))
        finally:
            for reference in running:
                with contextlib.suppress(Exception):
                    self.ray.cancel(reference)
            self.ray.shutdown()

    def answer(self, reference: Any, job: Job) -> Done:
        try:
            found = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            return Done(job, None, f"Ray gave up: {str(error).splitlines()[0]}"[:500])
        result = GradeResult.from_json(found["result"]) if found["result"] else None
        return Done(job, result, found["trouble"])
