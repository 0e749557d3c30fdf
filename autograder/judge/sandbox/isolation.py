"""Namespaces and privileges: bubblewrap's other arguments, and a test that it works on this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path


def isolation(uid: int) -> list[str]:
    """Bubblewrap's arguments for namespaces and privileges. In the worker, root becomes `uid`."""
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    common = [*spaces, "--hostname", "sandbox", "--die-with-parent", "--new-session", "--as-pid-1"]
    if uid >= 0:
        return [*common, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    user = ["--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    return [*common, *user, *(["--disable-userns"] if "--disable-userns" in bubblewrap_help() else [])]


def bubblewrap() -> str:
    return shutil.which("bwrap") or "bwrap"


@cache
def bubblewrap_help() -> str:
    done = subprocess.run([bubblewrap(), "--help"], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


worked: set[str] = set()  # programs that started a sandbox in this process: asking costs 20 ms


def available() -> tuple[bool, str]:
    """True if bubblewrap works here; otherwise False and how to fix it."""
    if not sys.platform.startswith("linux"):
        return False, "bubblewrap needs Linux; on macOS or Windows grade in a Linux virtual machine or WSL 2"
    if shutil.which("bwrap") is None:
        return (
            False,
            "bubblewrap is not installed: sudo apt-get install bubblewrap (Fedora: dnf install bubblewrap)",
        )
    if bubblewrap() in worked:
        return True, ""
    uid = 1 << 24 if os.geteuid() == 0 else -1
    probe = [bubblewrap(), *isolation(uid), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        worked.add(bubblewrap())
        return True, ""
    return False, f"bubblewrap cannot start: {done.stderr.strip()[:300]}\n  to fix: {remedy()}"


# What decides over namespaces of ordinary users: setting -> (the value that forbids them, one that allows them).
# Ubuntu 24.04 and GitHub's runners restrict the first; Debian had the second; campus servers often set the third.
SWITCHES = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "15000"),
}


def in_the_way(settings: Path = Path("/proc/sys")) -> list[str]:
    """The settings of this machine that forbid an ordinary user a sandbox, as `name=value` that would allow it."""
    found = []
    for name, (bad, good) in SWITCHES.items():
        with contextlib.suppress(OSError):
            if settings.joinpath(*name.split(".")).read_text().strip() == bad:
                found.append(f"{name}={good}")
    return found


def remedy(settings: Path = Path("/proc/sys")) -> str:
    """The command that fixes the usual obstacles."""
    found = in_the_way(settings)
    if found:
        lasting = "\\n".join(found)
        return (
            f"sudo sysctl -w {' '.join(found)}"
            f" (to last: printf '{lasting}\\n' | sudo tee /etc/sysctl.d/60-mlsys.conf)"
        )
    if Path("/.dockerenv").exists():
        return "start the container with --security-opt seccomp=unconfined --cap-add SYS_ADMIN"
    return "allow unprivileged user namespaces on this machine, or run as root"
