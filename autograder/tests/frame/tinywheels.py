"""Wheels that hold nothing, and a course that needs nothing else: the launcher's work in seconds."""

from __future__ import annotations

import base64
import hashlib
import shutil
import zipfile
from pathlib import Path

from autograder.core.units import course_root

# A build backend inside the little course, so that installing it needs no package from anywhere.
BACKEND = """
import pathlib, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny_course-1.0-py3-none-any.whl"
    info = "tiny_course-1.0.dist-info/"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("tiny_course.pth", str(pathlib.Path.cwd()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-course\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "tiny_backend"
backend-path = ["."]

[project]
name = "tiny-course"
version = "1.0"
"""
MAIN = "import sys, autograder; print('course', sys.argv[1:])\n"


def write_wheel(folder: Path, name: str, version: str = "1.0") -> Path:
    """An installable wheel of one module without content."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        code = f"version = {version!r}\n"
        digest = base64.urlsafe_b64encode(hashlib.sha256(code.encode()).digest()).rstrip(b"=").decode()
        wheel.writestr(f"{name}.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,sha256={digest},{len(code)}\n")
    return path


def little_course(root: Path, pins: list[str]) -> Path:
    """The real launcher and bootstrap over `pins`, with a command line that only prints."""
    (root / "autograder").mkdir(parents=True)
    shutil.copy2(course_root() / "mlsys", root / "mlsys")
    shutil.copy2(course_root() / "autograder" / "bootstrap.py", root / "autograder" / "bootstrap.py")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(course_root() / "autograder" / "install", root / "autograder" / "install", ignore=ignored)
    (root / "autograder" / "__init__.py").touch()
    (root / "autograder" / "__main__.py").write_text(MAIN)
    (root / "tiny_backend.py").write_text(BACKEND)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "constraints.txt").write_text("# pins\n" + "".join(f"{pin}\n" for pin in pins))
    return root
