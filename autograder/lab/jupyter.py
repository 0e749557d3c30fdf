"""Start JupyterLab on one desk: without dialogs, with its files in the repository, only for this machine."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from autograder.core.units import CourseError, Unit
from autograder.lab.place import Place
from autograder.lab.workspace import write_workspace

FIRST_PORT = 8888
OTHER_PORTS = 20  # tried where that one is taken
START_SECONDS = 90  # a cold disk and a slow laptop


def is_free(port: int) -> bool:
    """True if nothing listens on a port now; this can change at any time."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def server_command(place: Place, unit: Unit, port: int, others: int) -> list[str]:
    """The server's command. It listens on `port`, or on the next free one."""
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": others,
        # By name: Jupyter looks for them with a pattern, which a "[" in the path of .venv spoils.
        "ServerApp.jpserver_extensions": dict.fromkeys(("jupyter_server_terminals", "jupyter_lsp"), True),
        "ServerApp.terminado_settings": {"shell_command": place.shell()},
        "ServerApp.root_dir": unit.root,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": os.geteuid() == 0,
        "ServerApp.answer_yes": True,
        "LabApp.workspaces_dir": place.workspaces,
        "LabApp.app_settings_dir": place.home / "settings",
        "LabApp.user_settings_dir": place.home / "user-settings",
        "LabApp.extension_manager": "readonly",
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "LabApp.news_url": None,
        "LanguageServerManager.autodetect": False,  # or it asks npm, which writes to the home folder
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def run(unit: Unit, modules: Sequence[str], *, port: int | None = None, open_browser: bool = True) -> int:
    """Serve the desk of `unit` until Ctrl-C, with `modules` beside the notebook; returns the exit code."""
    if port is not None and not is_free(port):
        raise in_use(port)
    place = Place(unit.root)
    place.prepare()
    write_workspace(place.workspaces, unit, modules)
    token = secrets.token_urlsafe(24)
    print(f"Starting JupyterLab for {unit.slug} ...", flush=True)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    server: subprocess.Popen[bytes] | None = None
    try:
        # The server itself finds its port. Where two find the same, only one can listen on it, and the other one ends:
        # then the kernel chooses.
        for first, others in ((FIRST_PORT, OTHER_PORTS), (0, 0)) if port is None else ((port, 0),):
            server = start(place, server_command(place, unit, first, others), token)
            chosen = wait_until_ready(server, place, token)
            if chosen is not None:
                break
            stop(server)
        else:
            if port is not None and not is_free(port):
                raise in_use(port)
            raise CourseError(f"JupyterLab did not start; the end of {place.log.name}:\n{tail(place.log)}")
        url = f"http://127.0.0.1:{chosen}/lab/workspaces/{unit.slug}?token={token}"
        if port is None and chosen != FIRST_PORT:
            print(f"Port {FIRST_PORT} is in use; using port {chosen}.", flush=True)
        desk = unit.desk.relative_to(unit.root).as_posix()
        print(f"\n  {url}\n\nYour files are in {desk}/. Ctrl-C here stops it.", flush=True)
        if open_browser:
            webbrowser.open(redirect_page(place, url, chosen).as_uri())
        code = server.wait()
    except KeyboardInterrupt:
        if server is not None:
            stop(server)
        print("\nJupyterLab has stopped. Your work is saved in your files.", flush=True)
        return 0
    finally:
        if server is not None:
            stop(server)
    if code:
        raise CourseError(
            f"JupyterLab stopped by itself (exit code {code}); the end of its log:\n{tail(place.log)}"
        )
    return 0


def in_use(port: int) -> CourseError:
    return CourseError(
        f"port {port} is in use\n"
        "  expected: a free port\n"
        "  to fix: stop the program that uses it, or leave --port out to get a free one"
    )


def start(place: Place, command: list[str], token: str) -> subprocess.Popen[bytes]:
    with place.log.open("w") as log:
        return subprocess.Popen(
            command,
            env=place.environment(token),
            cwd=place.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only this process, which then stops the server once
        )


def wait_until_ready(server: subprocess.Popen[bytes], place: Place, token: str) -> int | None:
    """The server's port, once it answers there; None when it ended, or did not answer in time."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        port = place.port_of(server.pid, token)
        try:
            if port is not None:
                with direct.open(f"http://127.0.0.1:{port}/api/status?token={token}", timeout=5):
                    return port
        except (urllib.error.URLError, OSError):
            pass  # it does not listen yet; or another server does, which does not know the token
        time.sleep(0.1)
    return None


def redirect_page(place: Place, url: str, port: int) -> Path:
    """A page, readable only by its owner, that opens `url`: it keeps the token out of the process list."""
    page = place.home / f"open-{port}.html"
    page.unlink(missing_ok=True)
    refresh = f'<meta charset="utf-8"><meta http-equiv="refresh" content="0; url={url}">'
    with os.fdopen(os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f'{refresh}<a href="{url}">Open JupyterLab</a>')
    return page


def stop(server: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop (it stops its kernels first), and kill it after 10 s."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def tail(log: Path, lines: int = 8) -> str:
    return "\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
