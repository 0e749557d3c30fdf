"""`./mlsys grade`: compute the official points of a class, or of submissions in local folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from autograder.commands import bars
from autograder.commands.grade_summary import summary
from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError, find_unit
from autograder.judge.sandbox.gpu import find_driver
from autograder.reports.class_report import write_class
from autograder.roster.addresses import folder_of, is_folder, is_git
from autograder.roster.choose import Chooser
from autograder.roster.collect import collect
from autograder.roster.decisions import TAKE, ZERO
from autograder.roster.engines import Engine, Needs, Now, worker_count
from autograder.roster.folders import people_of
from autograder.roster.git import FetchLimits
from autograder.roster.local import LocalEngine
from autograder.roster.people import read_roster
from autograder.roster.policy import Policy, load_policy, no_policy, parse_moment
from autograder.roster.ray_engine import RayEngine
from autograder.roster.receipts import Store
from autograder.roster.run import GradingRun, check_sandbox, run
from autograder.roster.shards import parse_shard
from autograder.roster.standing import Person

GIT, MACHINES = "Repositories", "Machines"


def grade(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, like 01.")],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR", help="Folders, one for each submission: its modules, or a repository with work/."
        ),
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The class: a CSV of id, name, repository.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="TIME", help="The deadline, like 2026-11-30T23:59+01:00.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML of deadline, late policy and extensions.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the gradebooks.")] = Path("grades"),
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="One seed for the inputs of everybody. Default: a secret one for each submission.",
        ),
    ] = None,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Draw new inputs, and grade everybody again.")
    ] = False,
    take: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Grade the work of ID that was found in an unexpected place."),
    ] = None,
    zero: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Close the total of ID, of whom nothing more can be graded."),
    ] = None,
    no_collect: Annotated[
        bool,
        typer.Option(
            "--no-collect",
            help="Do not fetch: grade the work that ./mlsys collect received.",
            rich_help_panel=GIT,
        ),
    ] = False,
    repositories: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The folder of the copies. Default: OUT/repositories.", rich_help_panel=GIT
        ),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The released student tree: report who changed the course's files.",
            rich_help_panel=GIT,
        ),
    ] = None,
    limit_mb: Annotated[
        int, typer.Option(min=1, metavar="N", help="Refuse a repository above N MB.", rich_help_panel=GIT)
    ] = 100,
    limit_seconds: Annotated[
        float, typer.Option(min=1, metavar="N", help="Stop a fetch after N seconds.", rich_help_panel=GIT)
    ] = 120,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Grade N submissions at once. Default: as many as cores and memory allow.",
            rich_help_panel=MACHINES,
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Grade on this machine, or on a Ray cluster.", rich_help_panel=MACHINES),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="The Ray cluster. Default: start one on this machine.",
            rich_help_panel=MACHINES,
        ),
    ] = None,
    gpu: Annotated[
        bool,
        typer.Option(
            "--gpu",
            help="Let submissions use this machine's NVIDIA GPU, for a unit that can.",
            rich_help_panel=MACHINES,
        ),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="i/N",
            help="Grade part i of N; ./mlsys merge joins the parts.",
            rich_help_panel=MACHINES,
        ),
    ] = None,
) -> None:
    """Grade a class or folders, each submission in its own sandbox.

        ./mlsys grade 01 --roster roster.csv --policy policy.toml
        ./mlsys grade 01 submissions/*

    Writes grades and reports to OUT/NN_name/versions/0001/. You can interrupt it: the same command continues,
    and grades nothing twice.

    If work is not where it should be, the total stays open: decide with --take ID or --zero ID, which is kept.

    Exit code 0: every submission was graded, with any number of points. 1: a submission could not be graded,
    or a total is open.
    """
    if bool(folders) == (roster is not None):
        got = "both" if folders else "neither"
        raise CourseError(f"expected either folders of submissions or --roster FILE, got {got}")
    if seed is not None and regrade:
        raise CourseError("expected either --seed or --regrade, got both: --regrade draws a new seed")
    people = read_roster(roster) if roster is not None else None
    grading = GradingRun(
        unit=(chosen := find_unit(unit)),
        manifest=unit_manifest(chosen),
        people=people if people is not None else people_of(folders or []),
        policy=read_policy(people, policy, deadline),
        store=Store(repositories or out / "repositories", FetchLimits(limit_mb, limit_seconds)),
        out=out,
        seed=seed,
        fresh=regrade,
        release=release,
        shard=parse_shard(shard) if shard is not None else None,
        gpu=gpu,
        plain=people is None,
        decisions=dict.fromkeys(take or (), TAKE) | dict.fromkeys(zero or (), ZERO),
    )
    if both := set(take or ()) & set(zero or ()):
        raise CourseError(
            f"expected --take or --zero for each person, got both for {', '.join(sorted(both))}"
        )
    if gpu:
        check_gpu(grading, engine)
    if shard is not None and seed is None:
        raise CourseError(
            "--shard needs --seed: every part must draw the same inputs\n  to try: add --seed 7"
        )
    check_sandbox()
    screen = Console(stderr=True)
    if roster is not None and not no_collect:
        grading = fetched(grading, screen)
    try:
        with bars.GradingBar(screen) as progress:
            outcome = run(
                grading,
                lambda: make_engine(grading, engine, address, workers, progress.watch),
                progress.start,
                write_class,
            )
    except KeyboardInterrupt:
        typer.echo("\nmlsys: finished grades are kept; run the same command to continue", err=True)
        raise
    summary(grading, outcome, Console())
    incomplete = any(
        each.undecided or (each.result is not None and each.result.needs_regrade) for each in outcome.people
    )
    raise typer.Exit(1 if incomplete else 0)


def read_policy(people: tuple[Person, ...] | None, file: Path | None, deadline: str | None) -> Policy:
    """The deadline and late policy of these people (None: folders without a roster). Raises CourseError."""
    if people is None and (deadline or file):
        raise CourseError(
            "a deadline needs repositories: a folder has no record of when it was received\n"
            "  expected: --roster FILE with --deadline or --policy"
        )
    policy = load_policy(file, people or ()) if file else no_policy()
    if deadline:
        policy = policy.model_copy(update={"deadline": parse_moment(deadline)})
    plain = [p.id for p in people or () if is_folder(p.repository) and not is_git(folder_of(p.repository))]
    if policy.deadline is not None and plain:
        raise CourseError(
            f"a deadline needs git repositories: a plain folder has no record of when it was received\n"
            f"  expected: git repositories\n  got plain folders for: {', '.join(plain[:10])}"
        )
    return policy


def check_gpu(grading: GradingRun, engine: str) -> None:
    """Raise CourseError if --gpu would have no effect."""
    if not grading.manifest.gpu:
        raise CourseError(
            f"--gpu: unit {grading.unit.slug} does not use a GPU (its assignment.toml lacks `gpu = true`)\n"
            "  to fix: leave --gpu out"
        )
    if engine == "local" and find_driver() is None:
        raise CourseError(
            "--gpu: this machine has no NVIDIA GPU\n  to fix: leave --gpu out; simulators give the same points"
        )


def fetched(grading: GradingRun, screen: Console) -> GradingRun:
    """Fetch the repositories; the grading with the reason for each one that failed."""
    people = tuple(person for _, person in grading.mine)
    with bars.fetching(screen, people) as on_done:
        chooser = Chooser(grading.unit, grading.manifest, grading.store, {})
        missed = collect(people, grading.store, on_done=on_done, complete=chooser.complete)
    return replace(grading, missed=missed)


def make_engine(
    grading: GradingRun, name: str, address: str | None, workers: int | None, watch: Callable[[Now], None]
) -> Engine:
    needs = Needs.of(grading.manifest)
    if name == "ray":
        return RayEngine(address, needs)
    return LocalEngine(worker_count(needs, workers), needs, watch)
