"""Grade a class: choose each submission, grade what the gradebook lacks, and publish a version."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from autograder.core.manifest import Manifest
from autograder.core.result import GradeResult
from autograder.core.units import CourseError, Unit
from autograder.judge.provenance import grader_key
from autograder.judge.sandbox.plan import available
from autograder.roster.assemble import standing
from autograder.roster.choose import Choice, Chooser
from autograder.roster.decisions import decide
from autograder.roster.engines import Done, Engine
from autograder.roster.gradebook import Gradebook, WriteReports
from autograder.roster.job import Job
from autograder.roster.lateness import Due, due
from autograder.roster.policy import Policy
from autograder.roster.receipts import Store
from autograder.roster.released import released_files
from autograder.roster.seeds import Seeds, choose_seeds
from autograder.roster.shards import Part, Shard, run_digest, write_part
from autograder.roster.standing import Person, Standing
from reference.shared.machine import usable_cores


@dataclass(frozen=True)
class GradingRun:
    """One call of `./mlsys grade`. missed: repository -> the reason why its fetch failed."""

    unit: Unit
    manifest: Manifest
    people: tuple[Person, ...]  # the whole roster, also for a shard
    policy: Policy
    store: Store
    out: Path
    seed: int | None = None  # the same for everybody; default: one for each entry
    fresh: bool = False  # draw new inputs, and grade everybody again
    missed: dict[str, str] = field(default_factory=dict)
    release: Path | None = None
    shard: Shard | None = None
    gpu: bool = False  # let submissions use a GPU
    plain: bool = False  # folders without a roster: grade the files as they are, without git
    decisions: dict[str, str] = field(default_factory=dict)  # id -> "take" or "zero", for open totals

    @property
    def mine(self) -> list[tuple[int, Person]]:
        """(place in the roster, person) of those that this shard grades."""
        shard = self.shard
        return [(i, each) for i, each in enumerate(self.people) if shard is None or shard.has(each)]

    def due(self, address: str) -> Due:
        """The deadline of a repository: an extension of one member is an extension of the group."""
        every = [due(self.policy, person) for person in self.people if person.repository == address]
        return max(every, key=lambda each: (each.closes is None, each.closes, each.deadline))


@dataclass(frozen=True)
class RunOutcome:
    """The outcome of a grading: the standings of its people, and their place."""

    people: tuple[Standing, ...]
    place: Path  # the version's folder, or the shard's file
    number: int  # of the version; 0 for a shard
    graded: int  # submissions that were graded now; the others were in the gradebook
    new: bool  # False: nothing differs from the latest version, and none was made
    before: tuple[Standing, ...] = ()  # the version before this one


def run(
    grading: GradingRun,
    engine: Callable[[], Engine],
    progress: Callable[[int, int], Callable[[Done], None]],
    write_reports: WriteReports,
) -> RunOutcome:
    """Grade, resume, or do nothing if everything is graded.

    engine: makes an engine, if there is something to grade. progress(entries, known entries) returns the callback
    for each entry that is done. write_reports: see Gradebook.publish. Raises CourseError without a sandbox, and
    KeyboardInterrupt on Ctrl-C; every entry that was done by then is safe.
    """
    check_sandbox()
    book = Gradebook(grading.out / grading.unit.slug)
    name = f"lock-{grading.shard.index}-of-{grading.shard.count}" if grading.shard else "lock"
    with book.locked(name):
        seeds = choose_seeds(book.home, book.journal, given=grading.seed, fresh=grading.fresh)
        grader = grader_key(grading.unit, grading.manifest, gpu=grading.gpu)
        book.journal.append(
            "started",
            seed=seeds.given,
            draw=seeds.draw,
            fresh=grading.fresh,
            grader=grader,
            shard=str(grading.shard or ""),
        )
        mine = [person for _, person in grading.mine]
        choices = decide(book, mine, choose_all(grading), grading.decisions)
        jobs = {address: job_of(grading, choice, grader, seeds) for address, choice in choices.items()}
        results, troubles, count = grade_missing(book, jobs, engine, progress)
        people = tuple(
            stand(
                grading, book, person, choices[person.repository], jobs[person.repository], results, troubles
            )
            for _, person in grading.mine
        )
        outcome = publish(
            grading,
            book,
            people,
            count,
            run_digest(grading.people, grader, f"{seeds.given}", grading.policy.model_dump_json()),
            write_reports,
        )
        book.journal.append("finished", version=outcome.number, graded=count)
    return outcome


def check_sandbox() -> None:
    works, reason = available()
    if not works:
        raise CourseError(
            f"grading needs a sandbox: {reason}\n"
            "  to fix: sudo apt-get install bubblewrap; ./mlsys doctor shows details"
        )


def choose_all(grading: GradingRun) -> dict[str, Choice]:
    """Repository -> its submission."""
    released = released_files(grading.unit, grading.release)
    chooser = Chooser(grading.unit, grading.manifest, grading.store, released, grading.plain)
    addresses = list(dict.fromkeys(person.repository for _, person in grading.mine))

    def choose(address: str) -> Choice:
        return chooser.choose(address, grading.due(address), grading.missed.get(address, ""))

    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="mlsys-choose") as pool:
        return dict(zip(addresses, pool.map(choose, addresses), strict=True))


def job_of(grading: GradingRun, choice: Choice, grader: str, seeds: Seeds) -> Job | None:
    if choice.submission is None:
        return None
    key, seed = seeds.entry(choice.submission, grader)
    return Job(key, grading.unit, seed, choice.submission, grading.gpu)


def grade_missing(
    book: Gradebook,
    jobs: dict[str, Job | None],
    engine: Callable[[], Engine],
    progress: Callable[[int, int], Callable[[Done], None]],
) -> tuple[dict[str, GradeResult], dict[str, str], int]:
    """Results by key, troubles by key, and how many were graded now. Equal submissions are graded once."""
    every = {job.key: job for job in jobs.values() if job is not None}
    results = {key: found for key in every if (found := book.result(key)) is not None}
    missing = [job for key, job in every.items() if key not in results]
    troubles: dict[str, str] = {}
    tell = progress(len(every), len(results))
    if missing:
        answers = engine().grade(missing)
        try:
            for done in answers:
                if done.result is None:
                    troubles[done.job.key] = done.trouble
                    book.journal.append("grader_failed", key=done.job.key, why=done.trouble[:2000])
                else:
                    results[done.job.key] = done.result
                    book.put(done.job.key, done.result, done.job.submission.files())
                tell(done)
        finally:
            close = getattr(answers, "close", None)
            if close is not None:
                close()
    return results, troubles, len(missing)


def stand(
    grading: GradingRun,
    book: Gradebook,
    person: Person,
    choice: Choice,
    job: Job | None,
    results: dict[str, GradeResult],
    troubles: dict[str, str],
) -> Standing:
    key = job.key if job else ""
    failed = f"the grader failed, grade again: {troubles[key]}" if key in troubles else ""
    return standing(
        person,
        choice,
        key,
        results.get(key),
        trouble=failed,
        when=grading.due(person.repository),
        policy=grading.policy,
        manifest=grading.manifest,
        marks=book.marks,
    )


def publish(
    grading: GradingRun,
    book: Gradebook,
    people: tuple[Standing, ...],
    graded: int,
    digest: str,
    write_reports: WriteReports,
) -> RunOutcome:
    if grading.shard is None:
        before = book.latest()
        made = book.publish(people, grading.manifest, write_reports)
        new = before is None or made.number != before.number
        old = before.people if before is not None else ()
        return RunOutcome(made.people, book.folder(made.number), made.number, graded, new, old)
    part = Part(
        unit=grading.unit.slug,
        index=grading.shard.index,
        count=grading.shard.count,
        run=digest,
        places=tuple(place for place, _ in grading.mine),
        total=len(grading.people),
        people=people,
    )
    return RunOutcome(people, write_part(book, part), 0, graded, new=True)
