"""Wait less for a task whose code does not answer: one endless loop must not cost the time limit of every check.

After a time-out, the other checks of the task get a short limit: a loop that only one of them meets leaves the points
of the others. After the second time-out, the task's remaining checks do not run. In `./mlsys check`, where a student
waits, the same holds for the other tasks of the file: the mistake may be the file's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from autograder.core.manifest import Task

SHORT = 10.0  # seconds: more than a check takes that passes, compilation included
MOST_CHECKS = 2  # time-outs of a task, after which its other checks do not run
MOST_TASKS = 2  # tasks of a file that timed out, after which its other tasks do not run


@dataclass
class Patience:
    """The time-outs of one run. whole_files: a time-out in a file also shortens the limits of its other tasks."""

    whole_files: bool = False
    counts: dict[str, int] = field(default_factory=dict)  # task -> its time-outs
    files: dict[str, list[str]] = field(default_factory=dict)  # module -> the tasks that timed out

    def note(self, task: Task) -> None:
        """A check of the task timed out."""
        self.counts[task.id] = self.counts.get(task.id, 0) + 1
        tasks = self.files.setdefault(task.module, [])
        if task.id not in tasks:
            tasks.append(task.id)

    def limit(self, task: Task, own: float) -> float:
        """The wall seconds of the task's next check; `own`: its limit in the manifest."""
        return min(own, SHORT) if self.reason(task) else own

    def reason(self, task: Task) -> str:
        """The earlier time-out because of which the limit is short, in words; "" without one."""
        if task.id in self.counts:
            return "an earlier check of this task timed out"
        if self.whole_files and self.files.get(task.module):
            return f"{self.files[task.module][0]} in the same file timed out"
        return ""

    def ended(self, task: Task) -> str:
        """The reason for which no more checks of the task run, in words; "" while they run."""
        tasks = self.files.get(task.module, [])
        warned = self.whole_files and task.id in tasks[1:]  # its first check had a short limit already
        if self.counts.get(task.id, 0) >= (1 if warned else MOST_CHECKS):
            return "not run: the task timed out"
        if self.whole_files and len(tasks) >= MOST_TASKS and task.id not in tasks:
            return f"not run: {' and '.join(tasks)} in {task.module} timed out; check this task by itself"
        return ""
