"""The files of JupyterLab for this repository, and the variables that keep them there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from autograder.core.files import write_atomic

# Beginnings of variables that set up another Jupyter or other plots than those of the lab.
FOREIGN = ("JUPYTER", "IPYTHON", "MPL", "MATPLOTLIB")

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
        """Write the settings. Raises OSError."""
        write_atomic(self.home / ".gitignore", "*\n")
        write_atomic(self.home / "settings" / "overrides.json", json.dumps(SETTINGS, indent=2))

    @property
    def variables(self) -> dict[str, str]:
        """The variables that keep the files of Jupyter, IPython and matplotlib here, not in the home folder."""
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython",
            "MPLCONFIGDIR": "matplotlib",
        }
        own = {name: str(self.home / folder) for name, folder in folders.items()}
        return own | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}

    def environment(self, token: str) -> dict[str, str]:
        """The environment of the server and its kernels: the user's, without settings of Jupyter and plots."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return kept | self.variables | {"JUPYTER_TOKEN": token}

    def shell(self) -> list[str]:
        """The command of a terminal: the user's login shell, without the variables that are the lab's own."""
        names = [*self.variables, "JUPYTER_TOKEN", "JUPYTER_SERVER_ROOT", "JUPYTER_SERVER_URL"]
        return ["/bin/sh", "-c", f'unset {" ".join(names)}; exec "${{SHELL:-/bin/sh}}" -l']

    def port_of(self, process: int, token: str) -> int | None:
        """The port that the server with this process number has chosen; None before it has."""
        try:
            told = json.loads((self.home / "runtime" / f"jpserver-{process}.json").read_text())
        except (OSError, ValueError):
            return None
        return told["port"] if told.get("token") == token else None  # a file of an earlier process otherwise
