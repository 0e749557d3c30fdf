"""Make `.venv` and install the pinned packages; `./mlsys` runs this on its first start.

Uses only the standard library. Every step checks what is already installed, so an interrupted installation continues
where it stopped. `.venv/ready` records a finished installation, in which the new interpreter found every package whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograder.install import shared as sharing
from autograder.install.pins import forget, missing_pins, ready_text, remove_half_installed, say, site_of
from autograder.install.pip import Pip
from autograder.install.verify import verify

BATCH = 12  # packages a pip call: large enough that pip's start-up vanishes, small enough to show progress
KEPT = {sharing.MARK, sharing.LINK}  # in .venv when everything else is made anew


def refuse_impossible_places(root: Path) -> None:
    """Refuse a folder in which an environment cannot work. Raises SystemExit with the reason."""
    # venv refuses colons; mpi4py, pytest and the dynamic loader take "$" for the start of a variable.
    for character, name in ((os.pathsep, "a colon"), ("$", "a dollar sign"), ("\n", "a line break")):
        if character in str(root):
            say(f"the course cannot run in a folder whose path has {name}: {root}")
            say("to fix: move or rename the folder, then run the same command there")
            raise SystemExit(2)


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the lock of an environment, so that no other process changes it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / sharing.MARK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another ./mlsys is installing packages; waiting until it is done")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def version_in(home: Path) -> str:
    """The version of Python in an environment, such as "3.12"; "" if it does not start or has no pip."""
    code = "import sys; print('%d.%d' % sys.version_info[:2]); import pip"
    try:
        probe = subprocess.run(
            [str(home / "bin" / "python"), "-I", "-c", code], capture_output=True, text=True
        )
    except OSError:
        return ""
    return probe.stdout.strip() if probe.returncode == 0 else ""


def make_environment(home: Path) -> None:
    """Create the environment; replace one that no longer starts or has another Python."""
    wanted = "{}.{}".format(*sys.version_info)
    if version_in(home) == wanted:
        return
    clear(home)
    say(f"making {home.name} with Python {wanted}")
    venv.create(home, with_pip=True, symlinks=True)


def clear(home: Path) -> None:
    for entry in home.iterdir():
        if entry.name not in KEPT:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def install(root: Path, home: Path, *, course: bool) -> None:
    """Install the missing pinned packages, and with `course` this tree as an editable package."""
    site, pip = site_of(home), Pip(home, root)
    remove_half_installed(site)
    pins = missing_pins(root, site)
    total, done = len(pins), 0
    while pins:
        # torch is installed first, with its dependencies: they depend on the build.
        single = pins[0].startswith("torch==")
        batch, pins = (pins[:1], pins[1:]) if single else (pins[:BATCH], pins[BATCH:])
        names = ", ".join(pin.partition("==")[0] for pin in batch)
        say(f"[{done:3d}/{total}] installing {names if len(names) < 70 else names[:67] + '...'}")
        flags = ["-c", "constraints.txt"] if single else ["--no-deps"]
        pip.install(*flags, *batch)
        done += len(batch)
        if single:
            left = set(missing_pins(root, site))
            done += sum(pin not in left for pin in pins)
            pins = [pin for pin in pins if pin in left]
    if course:
        pip.install("--no-deps", "--no-build-isolation", "-e", ".")


def install_whole(root: Path, home: Path, *, course: bool = True) -> None:
    """Install until the environment's own interpreter finds every package whole. Raises SystemExit."""
    make_environment(home)
    install(root, home, course=course)
    found = verify(root, home, course=course)
    if found:
        say(f"installing damaged packages again: {listed(found)}")
        forget(site_of(home), set(found))
        install(root, home, course=course)
        found = verify(root, home, course=course)
    if found:
        for name, wrong in list(found.items())[:10]:
            say(f"{name}: {wrong}")
        say(
            f"Python imports other packages than the installed ones. To fix: delete {home}, run the same command again."
        )
        raise SystemExit(69)


def shared_environment(root: Path, home: Path) -> Path | None:
    """A finished environment of another tree with the pinned versions; that of MLSYS_VENV is made if it is missing."""
    named = sharing.named_folder(dict(os.environ), home)
    if named is None:
        linked = sharing.linked_folder(home)
        return linked if linked is not None and sharing.agrees(root, linked) else None
    with locked(named):
        if not (named / "ready").exists() or not version_in(named):
            (named / "ready").unlink(missing_ok=True)
            say(f"installing the pinned packages into {named}, for every tree that shares it")
            install_whole(root, named, course=False)
            write_ready(named, (root / "constraints.txt").read_text(encoding="utf-8"))
    if sharing.agrees(root, named):
        return named
    say(f"{named} has other versions than this tree pins, so this tree gets its own environment")
    return None


def write_ready(home: Path, text: str) -> None:
    """Record a finished environment, and the interpreter that it was made with: the launcher looks at both."""
    base = home / "base"
    base.unlink(missing_ok=True)
    base.symlink_to(os.path.realpath(home / "bin" / "python"))
    half_done = home / "ready.new"
    half_done.write_text(text, encoding="utf-8")
    half_done.replace(home / "ready")


def is_ready(root: Path, home: Path) -> bool:
    """Tell whether a finished environment is there, made for these pins, whose interpreter still starts."""
    link = sharing.linked_folder(home)
    try:
        same = (home / "ready").read_text(encoding="utf-8") == ready_text(root, link)
        return same and (home / "bin" / "python").samefile(home / "base")
    except OSError:
        return False


def main(root: Path) -> int:
    """Bring `.venv` up to date; returns the exit code."""
    refuse_impossible_places(root)
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]
    os.umask(os.umask(0o022) & ~0o055)  # the grader's sandbox, another user, reads the packages
    home, started, first = root / ".venv", time.monotonic(), True
    with locked(home):
        if is_ready(root, home):
            return 0
        if (home / "ready").exists():
            say("the pinned packages, the folder or the interpreter changed: updating .venv")
            first = False
        (home / "ready").unlink(missing_ok=True)
        shared = shared_environment(root, home)
        if shared is not None:
            clear(home)
            sharing.attach(root, home, shared)
            found = verify(root, home, shared=shared)
            if found:
                say(f"cannot share {shared} ({listed(found)}), so this tree gets its own environment")
                shared = None
            else:
                say(f"sharing the packages of {shared}")
        if shared is None:
            if (home / sharing.LINK).is_symlink():
                clear(home)
                (home / sharing.LINK).unlink()
            if first:
                say(
                    "first start: installing the pinned packages into .venv (a few minutes; safe to interrupt)"
                )
            install_whole(root, home)
        write_ready(home, ready_text(root, shared))
        say(f"ready after {time.monotonic() - started:.0f} s")
    return 0


def listed(found: dict[str, str]) -> str:
    names = [f"{name} {wrong}" for name, wrong in found.items()]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except KeyboardInterrupt:
        say("interrupted; run the same command again to continue")
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        tool = "ensurepip" if "ensurepip" in error.cmd else "venv"
        say(f"could not make the environment: {error.cmd[0]} -m {tool} failed")
        say(
            "to fix: install the venv module (Debian, Ubuntu: sudo apt-get install python3-venv), then run again"
        )
        sys.exit(69)
    except OSError as error:
        say(f"could not write the environment: {error}")
        sys.exit(74)
