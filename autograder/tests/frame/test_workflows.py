"""The GitHub workflows fit GitHub's own schema, and do what `.ci/run` does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from autograder.core.units import course_root

ROOT = course_root()
WORKFLOWS = sorted(
    path
    for folder in (ROOT / ".github" / "workflows", ROOT / "autograder" / "release" / "student")
    for path in folder.glob("*.y*ml")
)


def schema_problems(*paths: Path) -> str:
    """What check-jsonschema says of workflows; "" when all fit. The schema comes with the package."""
    checker = Path(sys.executable).parent / "check-jsonschema"
    command = [str(checker), "--builtin-schema", "vendor.github-workflows", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_there_are_workflows_to_look_at():
    assert {"ci.yml", "check.yml"} <= {path.name for path in WORKFLOWS}


@pytest.mark.slow
def test_the_workflows_fit_the_schema_of_github():
    assert schema_problems(*WORKFLOWS) == ""


@pytest.mark.slow
def test_the_schema_finds_a_mistake(tmp_path: Path):
    broken = (ROOT / ".github" / "workflows" / "ci.yml").read_text().replace("runs-on:", "run-on:")
    (tmp_path / "broken.yml").write_text(broken)
    assert "run-on" in schema_problems(tmp_path / "broken.yml")


def test_ci_runs_the_script_on_the_oldest_and_the_newest_python():
    workflow = YAML(typ="safe").load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert "bash .ci/run" in [step.get("run") for step in job["steps"]]


def test_every_job_ends_and_may_not_write():
    for path in WORKFLOWS:
        workflow = YAML(typ="safe").load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_the_script_is_valid_and_executable():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True).returncode == 0
    assert "./mlsys test" in script.read_text()
    assert "export CI=true " in script.read_text()
