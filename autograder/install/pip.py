"""Run pip with the user's network settings, and with nothing else of the user's configuration."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from autograder.install.pins import say

# What says where packages come from, and how to get there. All other settings (user, target, prefix, constraint,
# require-virtualenv, ...) would install something else, or to another place.
KEPT = (
    *("index-url", "extra-index-url", "no-index", "find-links", "trusted-host"),
    *("cert", "client-cert", "proxy", "keyring-provider"),
    *("timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir"),
)
SECTIONS = ("global", "install", ":env:")  # a later one wins, as in pip


def settings(listing: str) -> dict[str, str]:
    """The kept settings in what `pip config list` prints, such as {"index-url": "https://..."}."""
    found: dict[tuple[str, str], str] = {}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in SECTIONS and name in KEPT:
            try:
                found[section, name] = str(ast.literal_eval(value))
            except (ValueError, SyntaxError):
                continue
    return {name: value for each in SECTIONS for (section, name), value in found.items() if section == each}


def environment(environ: Mapping[str, str], listing: str) -> dict[str, str]:
    """The environment of pip: `environ` without settings of Python and pip, but with the kept ones of the listing."""
    kept = {name: value for name, value in environ.items() if not name.upper().startswith(("PIP_", "PYTHON"))}
    own = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings(listing).items()}
    return kept | own | {"PIP_CONFIG_FILE": os.devnull}


def user_settings(python: Path) -> str:
    """The lines of `pip config list`: files and variables together; "" if pip cannot read its own files."""
    command = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "config", "list"]
    # `pip config` has options of these names itself, and obeys what its files say of them.
    plain = {f"PIP_{name}": "0" for name in ("USER", "GLOBAL", "SITE", "QUIET", "VERBOSE")}
    done = subprocess.run(
        command,
        env=os.environ | plain,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        say(f"pip cannot read its own configuration; continuing without it: {last}")
        return ""
    return done.stdout


class Pip:
    """The pip of one environment, run in `folder`. A failure becomes one message and exit code 69."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder, self.python = home, folder, home / "bin" / "python"
        self.environment = environment(os.environ, user_settings(self.python))

    def install(self, *arguments: str) -> None:
        command = [str(self.python), "-I", "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        # Relative to the folder: pip takes "[...]" in an absolute path for the names of extras.
        done = subprocess.run(
            [*command, *arguments], stdin=subprocess.DEVNULL, env=self.environment, cwd=self.folder
        )
        if done.returncode:
            say("pip could not install the packages of the course (its message is above)")
            say("to fix: check the network and the free disk space, then run the same command again;")
            say(f"installed packages are kept. To start again from nothing, delete {self.home}")
            raise SystemExit(69)
