"""`./mlsys run`: a script on several ranks of this machine or of several machines."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from autograder.core.files import write_atomic
from autograder.core.units import CourseError
from reference.shared.comm import LaunchError, Message, chrome_trace, launch
from reference.shared.comm.machines import across_machines
from reference.shared.comm.script import run_script

COLORS = ("cyan", "yellow", "green", "magenta", "blue", "red")
MOST = 64


def run(
    script: Annotated[Path, typer.Argument(metavar="SCRIPT", help="A Python file.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGS", help="Arguments of the script.")
    ] = None,
    ranks: Annotated[
        int,
        typer.Option(
            "-n", metavar="N", min=1, max=MOST, help="Number of ranks, on each machine with --nnodes."
        ),
    ] = 2,
    backend: Annotated[
        Literal["torch", "mpi"],
        typer.Option(help="torch.distributed with gloo, or MPI. Without torch, mpi starts faster."),
    ] = "torch",
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write all messages as JSON for ui.perfetto.dev or chrome://tracing."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare all calls, and report mismatches and deadlocks.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="End the ranks after so many seconds.")
    ] = 600,
    hostfile: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Use the machines in this file, with mpirun over ssh.")
    ] = None,
    nnodes: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Number of machines, with torchrun. Run the command on each."),
    ] = 1,
    rdzv: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the machines meet: one of them, and a free port.")
    ] = "",
) -> None:
    """Run a script on several ranks, with torch.distributed or MPI.

    The script gets its communicator from reference.shared.comm:

        from reference.shared.comm import world

        comm = world()

    Each line of output has the number of its rank. If a rank fails, all ranks end, and you see its traceback.

    Exit code 0: all ranks ended. 1: a rank failed, or the time was over.
    """
    if not script.is_file():
        raise CourseError(f"there is no file {script}\n  expected: a Python script")
    words = list(arguments or ())
    if hostfile is not None or nnodes > 1:
        if trace is not None or check:
            raise CourseError(
                "--trace and --check work on one machine\n  to fix: leave out --hostfile and --nnodes"
            )
        try:
            code = across_machines(
                str(script), words, ranks, hostfile=hostfile, nnodes=nnodes, rdzv=rdzv, timeout=timeout
            )
        except ValueError as error:
            raise CourseError(str(error)) from None
        raise typer.Exit(code)
    if trace is not None and not trace.absolute().parent.is_dir():
        raise CourseError(f"cannot write {trace}\n  expected: a file in an existing folder")
    messages: list[Message] = []
    failure = ""
    with Screen(ranks) as screen:
        try:
            launch(
                run_script,
                ranks,
                str(script.absolute()),
                words,
                backend=backend,
                timeout=timeout,
                check=check or None,
                messages=messages,
                show=screen.show,
                progress=screen.progress,
            )
        except (LaunchError, TimeoutError) as error:
            failure = str(error)
    if trace is not None:
        write_atomic(trace, json.dumps(chrome_trace(messages)))
        typer.echo(f"{len(messages)} messages in {trace}: open it in ui.perfetto.dev", err=True)
    if failure:
        typer.echo(f"mlsys: {failure}", err=True)
        raise typer.Exit(1)


class Screen:
    """The output of the ranks, and below it one line of progress if there is a terminal."""

    def __init__(self, ranks: int) -> None:
        self.ranks, self.ended, self.start = ranks, 0, time.monotonic()
        self.console = Console(highlight=False, soft_wrap=True)
        self.spinner = Spinner("dots")
        self.live = Live(get_renderable=self.line, console=self.console, transient=True, refresh_per_second=4)

    def __enter__(self) -> Screen:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def line(self) -> Spinner:
        seconds = time.monotonic() - self.start
        self.spinner.update(text=Text(f"{self.ended} of {self.ranks} ranks have ended, {seconds:.0f} s"))
        return self.spinner

    def progress(self, folder: Path) -> None:
        """Count the ranks that have ended."""
        self.ended = len(list(folder.glob("value.*[0-9]")))

    def show(self, rank: int, line: str) -> None:
        """Print a line of a rank, with its number in its colour."""
        prefix = Text(f"[{rank}] ", style=COLORS[rank % len(COLORS)])
        self.console.print(prefix + Text.from_ansi(line))
