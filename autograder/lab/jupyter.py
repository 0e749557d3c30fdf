"""Start JupyterLab on one desk: without dialogs, with its files in the repository, only for this machine."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.core.units import CourseError, Unit
from autograder.lab.ports import FIRST_PORT, choose_port
from autograder.lab.workspace import write_workspace

START_SECONDS = 90  # a cold disk and a slow laptop

# Without these, a new JupyterLab shows questions and news. A student's own settings override them.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
    "@jupyterlab/docmanager-extension:plugin": {
        "autosaveInterval": 20,
        "renameUntitledFileOnSave": False,
        # On a busy machine two saves of JupyterLab can overlap, and it reports the first as somebody else's.
        "lastModifiedCheckMargin": 5000,
    },
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}


@dataclass(frozen=True)
class Place:
    """The folder of JupyterLab's own files for this repository: `work/.jupyter`, which git ignores."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "work" / ".jupyter"

    @property
    def workspaces(self) -> Path:
        return self.home / "workspaces"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / ".gitignore").write_text("*\n")
        settings = self.home / "settings"
        settings.mkdir(exist_ok=True)
        (settings / "overrides.json").write_text(json.dumps(SETTINGS, indent=2))

    def environment(self, token: str) -> dict[str, str]:
        """The environment of the server and its kernels, which keeps them out of the home folder."""
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "MPLCONFIGDIR": "matplotlib",
        }
        path = os.pathsep.join(filter(None, [str(self.root), os.environ.get("PYTHONPATH")]))
        own = {name: str(self.home / folder) for name, folder in folders.items()}
        return (
            os.environ
            | own
            | {"JUPYTER_TOKEN": token, "PYTHONPATH": path, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        )


def server_command(place: Place, unit: Unit, port: int) -> list[str]:
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
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
    place = Place(unit.root)
    chosen = choose_port(port)
    place.prepare()
    write_workspace(place.workspaces, unit, modules)
    token = secrets.token_urlsafe(24)
    desk = unit.desk.relative_to(unit.root).as_posix()
    base = f"http://127.0.0.1:{chosen}"
    url = f"{base}/lab/workspaces/{unit.slug}?token={token}"
    if port is None and chosen != FIRST_PORT:
        print(f"Port {FIRST_PORT} is in use; using port {chosen}.", flush=True)
    print(f"Starting JupyterLab for {unit.slug} ...", flush=True)
    with place.log.open("w") as log:
        server = subprocess.Popen(
            server_command(place, unit, chosen),
            env=place.environment(token),
            cwd=unit.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the server once
        )
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        wait_until_ready(server, f"{base}/api/status?token={token}", place.log)
        print(f"\n  {url}\n\nYour files are in {desk}/. Ctrl-C here stops it.", flush=True)
        if open_browser:
            webbrowser.open(redirect_page(place, url).as_uri())
        code = server.wait()
    except KeyboardInterrupt:
        stop(server)
        print("\nJupyterLab has stopped. Your work is saved in your files.", flush=True)
        return 0
    finally:
        stop(server)
    if code:
        raise CourseError(
            f"JupyterLab stopped by itself (exit code {code}); the end of its log:\n{tail(place.log)}"
        )
    return 0


def wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until the server answers. Raises CourseError with the end of its log if it does not."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with direct.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CourseError(f"JupyterLab did not start; the end of {log.name}:\n{tail(log)}")


def redirect_page(place: Place, url: str) -> Path:
    """A page, readable only by its owner, that opens `url`: it keeps the token out of the process list."""
    page = place.home / "open.html"
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
