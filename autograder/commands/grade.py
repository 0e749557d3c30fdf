"""`./mlsys grade`: the official points of a class, or of submissions in local folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.roster.engines import Engine
    from autograder.roster.policy import Policy
    from autograder.roster.run import Grading
    from autograder.roster.standing import Person

GIT, MACHINES = "Repositories", "Machines"


def grade(
    unit: Annotated[str, typer.Argument(help="The unit, like 01.")],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DIR...]", help="Folders of submissions: the modules, or a repository with work/."
        ),
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="roster.csv: id, name, repository; instead of DIR.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option(metavar="TIME", help="When work is due, like 2026-11-30T23:59+01:00.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="policy.toml: deadline, late policy, extensions.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results and reports go.")] = Path("grades"),
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw these inputs. Without it: those of the grading before.")
    ] = None,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Draw new inputs, and grade everybody again.")
    ] = False,
    no_collect: Annotated[
        bool,
        typer.Option(
            "--no-collect", help="Fetch nothing: grade what ./mlsys collect received.", rich_help_panel=GIT
        ),
    ] = False,
    repositories: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the copies lie. Without it: OUT/repositories.", rich_help_panel=GIT
        ),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The tree that was handed out, to see who changed it.", rich_help_panel=GIT
        ),
    ] = None,
    limit_mb: Annotated[
        int, typer.Option(min=1, help="Refuse a repository that is larger.", rich_help_panel=GIT)
    ] = 100,
    limit_seconds: Annotated[
        float, typer.Option(min=1, help="Give a fetch no more time than this.", rich_help_panel=GIT)
    ] = 120,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Submissions at once. Without it: as cores and memory allow.",
            rich_help_panel=MACHINES,
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Where the submissions are graded.", rich_help_panel=MACHINES),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Of a Ray cluster. Without it: one on this machine.", rich_help_panel=MACHINES),
    ] = None,
    gpu: Annotated[
        bool,
        typer.Option(
            "--gpu",
            help="Let submissions use this machine's NVIDIA GPU, where the unit asks for one.",
            rich_help_panel=MACHINES,
        ),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="i/N",
            help="Grade this part of the class; ./mlsys merge joins them.",
            rich_help_panel=MACHINES,
        ),
    ] = None,
) -> None:
    """Grade a class, each submission in a sandbox of its own.

    ./mlsys grade 01 --roster roster.csv --policy policy.toml
    ./mlsys grade 01 DIR...                                     folders, without a roster

    Writes OUT/NN_name/versions/0001/: grades, reports, and who changed. What is graded stays graded: interrupt
    it and run it again. Exit code 0 when every submission was graded, whatever its points; 1 when one was not.
    """
    from rich.console import Console

    from autograder.commands import bars
    from autograder.commands.grade_summary import summary
    from autograder.core.manifest import unit_manifest
    from autograder.core.units import CourseError, find_unit
    from autograder.reports.class_report import write_class
    from autograder.roster.folders import people_of
    from autograder.roster.git import Limits
    from autograder.roster.people import read_roster
    from autograder.roster.receipts import Store
    from autograder.roster.run import Grading, check_sandbox, run
    from autograder.roster.shards import parse_shard

    if bool(folders) == (roster is not None):
        raise CourseError("expected folders of submissions, or --roster FILE")
    if seed is not None and regrade:
        raise CourseError("expected --seed or --regrade: --regrade draws a seed itself")
    people = read_roster(roster) if roster is not None else None
    grading = Grading(
        unit=(chosen := find_unit(unit)),
        manifest=unit_manifest(chosen),
        people=people if people is not None else people_of(folders or []),
        policy=read_policy(people, policy, deadline),
        store=Store(repositories or out / "repositories", Limits(limit_mb, limit_seconds)),
        out=out,
        seed=seed,
        fresh=regrade,
        release=release,
        shard=parse_shard(shard) if shard is not None else None,
        gpu=gpu,
    )
    if gpu:
        check_gpu(grading, engine)
    if shard is not None and seed is None:
        raise CourseError("--shard: expected --seed too: every shard must draw the same inputs")
    check_sandbox()
    screen = Console(stderr=True)
    if roster is not None and not no_collect:
        grading = fetched(grading, screen)
    try:
        with bars.grading(screen) as progress:
            outcome = run(
                grading, lambda: make_engine(grading, engine, address, workers), progress, write_class
            )
    except KeyboardInterrupt:
        typer.echo("\nmlsys: what is graded is kept; the same command goes on from here", err=True)
        raise
    summary(grading, outcome, Console())
    incomplete = any(each.result is None or each.result.needs_regrade for each in outcome.people)
    raise typer.Exit(1 if incomplete else 0)


def read_policy(people: tuple[Person, ...] | None, file: Path | None, deadline: str | None) -> Policy:
    """What is due when, for these people (None: folders without a roster). Raises CourseError."""
    from autograder.core.units import CourseError
    from autograder.roster.addresses import is_folder, is_git
    from autograder.roster.policy import load_policy, no_policy, parse_moment

    if people is None and (deadline or file):
        raise CourseError(
            "a folder has no record of when it was received\n  expected: --roster FILE with a deadline"
        )
    policy = load_policy(file, people or ()) if file else no_policy()
    if deadline:
        policy = policy.model_copy(update={"deadline": parse_moment(deadline)})
    plain = [p.id for p in people or () if is_folder(p.repository) and not is_git(Path(p.repository))]
    if policy.deadline is not None and plain:
        raise CourseError(
            f"no git repository: {', '.join(plain[:10])}\n"
            "  expected: repositories, where there is a deadline; a plain folder does not tell when it came"
        )
    return policy


def check_gpu(grading: Grading, engine: str) -> None:
    """Raise CourseError where --gpu would do nothing."""
    from autograder.core.units import CourseError
    from autograder.judge.sandbox.gpu import find_driver

    if not grading.manifest.gpu:
        raise CourseError(
            f"--gpu: unit {grading.unit.slug} needs none (no `gpu = true` in its assignment.toml)"
        )
    if engine == "local" and find_driver() is None:
        raise CourseError(
            "--gpu: no NVIDIA GPU here\n  to mend: leave it out; simulators give the same points"
        )


def fetched(grading: Grading, screen: Console) -> Grading:
    """The grading, with what could not be fetched."""
    from dataclasses import replace

    from autograder.commands import bars
    from autograder.roster.collect import collect

    people = tuple(person for _, person in grading.mine)
    with bars.fetching(screen, people) as on_done:
        return replace(grading, missed=collect(people, grading.store, on_done=on_done))


def make_engine(grading: Grading, name: str, address: str | None, workers: int | None) -> Engine:
    from autograder.roster.engines import Needs, worker_count

    needs = Needs.of(grading.manifest)
    if name == "ray":
        from autograder.roster.ray_engine import RayEngine

        return RayEngine(address, needs)
    from autograder.roster.local import LocalEngine

    return LocalEngine(worker_count(needs, workers), needs)
