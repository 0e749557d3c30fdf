"""A grading process: reads jobs, one JSON line each, and answers each with a line. `local.py` starts it.

    python -m autograder.roster.worker PARENT

It ends with its input, and the kernel ends it if the grader dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from autograder.core.storage import explain
from autograder.judge.recorder import Started
from autograder.judge.worker.processes import PDEATHSIG, prctl
from autograder.roster.cores import Cores
from autograder.roster.job import Job, grade_job


def main() -> None:
    prctl(PDEATHSIG, signal.SIGINT)  # SIGINT: so that it can remove its temporary folders
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.getppid() != int(sys.argv[1]):
        return  # the grader died before the line above
    # What a check prints must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 1)
    jobs = os.fdopen(os.dup(0), "rb")
    os.dup2(quiet, 0)

    def tell(**answer: object) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    for line in jobs:
        job = Job.from_json(line)
        cores = Cores(
            purpose=f"a grading of {job.unit.slug}",
            process=int(sys.argv[1]),
            on_wait=lambda holders, key=job.key: tell(key=key, waits=True, now=", ".join(holders)),
        )

        def on_start(started: Started, key: str = job.key) -> None:
            tell(key=key, waits=False, now=started.title)

        try:
            answer = {"key": job.key, "result": grade_job(job, cores, on_start).to_json()}
        except Exception as error:  # the grader's own mistake: the next submission may fare better
            told = explain(error) if isinstance(error, OSError) else ""
            answer = {"key": job.key, "trouble": (told or f"{type(error).__name__}: {error}")[:4000]}
        tell(**answer)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
