"""Make `.venv` and install the pinned packages; `./mlsys` runs this on its first start.

Uses only the standard library. Every step checks what is already installed, so an interrupted
installation continues where it stopped. `.venv/ready` records a finished installation.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

BATCH = 12  # packages a pip call: large enough that pip's start-up vanishes, small enough to show progress


def say(message: str) -> None:
    print(f"mlsys: {message}", file=sys.stderr, flush=True)


def ready_text(root: Path) -> str:
    """The content of `.venv/ready`: the pins, the project's dependencies, and the place of the environment."""
    pins = (root / "constraints.txt").read_text() + (root / "pyproject.toml").read_text()
    return f"{pins}# root: {root}\n"


def make_environment(home: Path) -> None:
    """Create the environment; replace one that no longer starts or has another Python."""
    python = home / "bin" / "python"
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    code = "import sys; print('%d.%d' % sys.version_info[:2]); import pip"
    probe = (
        subprocess.run([str(python), "-c", code], capture_output=True, text=True) if python.exists() else None
    )
    if probe is not None and probe.returncode == 0 and probe.stdout.strip() == wanted:
        return
    for entry in home.iterdir():
        if entry.name != "lock":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    say(f"making .venv with Python {wanted}")
    venv.create(home, with_pip=True, symlinks=True)


def remove_half_installed(site: Path) -> None:
    """Remove packages whose installation was interrupted: pip writes RECORD last, and cannot repair one without."""
    for info in site.glob("*.dist-info"):
        if not (info / "RECORD").exists():
            shutil.rmtree(info)


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def missing_pins(root: Path, site: Path) -> list[str]:
    """The lines of constraints.txt that are not installed at their version, torch first."""
    have = {}
    for info in site.glob("*.dist-info"):
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        have[normalized(name)] = version.partition("+")[0]
    pins = [line.strip() for line in (root / "constraints.txt").read_text().splitlines()]
    pins = [line for line in pins if line and not line.startswith("#")]

    def absent(pin: str) -> bool:
        name, _, version = pin.partition(";")[0].strip().partition("==")
        return have.get(normalized(name)) != version.strip()

    return sorted(filter(absent, pins), key=lambda pin: not pin.startswith("torch=="))


def pip(home: Path, *arguments: str) -> None:
    """Run pip; a failure becomes one message and exit code 69."""
    command = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL)
    if done.returncode:
        say("pip could not install the packages of the course (its message is above)")
        say("to fix: check the network and the free disk space, then run the same command again;")
        say("installed packages are kept. To start again from nothing, delete .venv")
        raise SystemExit(69)


def install(root: Path, home: Path) -> None:
    [site] = (home / "lib").glob("python3*/site-packages")
    remove_half_installed(site)
    pins = missing_pins(root, site)
    total, done = len(pins), 0
    while pins:
        # torch is installed first, with its dependencies: they depend on the build.
        alone = pins[0].startswith("torch==")
        batch, pins = (pins[:1], pins[1:]) if alone else (pins[:BATCH], pins[BATCH:])
        names = ", ".join(pin.partition("==")[0] for pin in batch)
        say(f"[{done:3d}/{total}] installing {names if len(names) < 70 else names[:67] + '...'}")
        flags = ["-c", str(root / "constraints.txt")] if alone else ["--no-deps"]
        pip(home, *flags, *batch)
        done += len(batch)
        if alone:
            left = set(missing_pins(root, site))
            done += sum(pin not in left for pin in pins)
            pins = [pin for pin in pins if pin in left]
    pip(home, "--no-deps", "--no-build-isolation", "-e", str(root))


def main(root: Path) -> int:
    home = root / ".venv"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another ./mlsys is installing packages; waiting until it is done")
            fcntl.flock(lock, fcntl.LOCK_EX)
        ready = home / "ready"
        if ready.exists() and ready.read_text() == ready_text(root):
            return 0
        started = time.monotonic()
        if ready.exists():
            say("the pinned packages or the folder changed: updating .venv")
        else:
            say("first start: installing the pinned packages into .venv (a few minutes; safe to interrupt)")
        ready.unlink(missing_ok=True)
        make_environment(home)
        install(root, home)
        half_done = home / "ready.new"
        half_done.write_text(ready_text(root))
        half_done.replace(ready)
        say(f"ready after {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except KeyboardInterrupt:
        say("interrupted; run the same command again to continue")
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        say(f"could not make the environment: {error.cmd[0]} -m {error.cmd[-1]} failed")
        say(
            "to fix: install the venv module (Debian, Ubuntu: sudo apt-get install python3-venv), then run again"
        )
        sys.exit(69)
    except OSError as error:
        say(f"could not write the environment: {error}")
        sys.exit(74)
