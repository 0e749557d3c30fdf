"""The GitHub workflows fit GitHub's own schema, and do what `.ci/run` does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from autograder.core.units import course_root
from autograder.tests import needs

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
    assert {"ci.yml", "nightly.yml", "check.yml"} <= {path.name for path in WORKFLOWS}


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


def test_the_night_runs_every_part_of_everything():
    workflow = YAML(typ="safe").load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())
    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    job = workflow["jobs"]["test"]
    shards = job["strategy"]["matrix"]["shard"]
    assert shards == [f"{number}/{len(shards)}" for number in range(1, len(shards) + 1)]
    assert not job["strategy"]["fail-fast"], "a part that fails leaves the others running"
    assert 'bash .ci/run --all --shard "${{ matrix.shard }}"' in [step.get("run") for step in job["steps"]]


PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def test_actions_are_pinned_by_commit_and_everywhere_the_same():
    """A tag can be moved to other code; a commit cannot. The comment says which release the commit is."""
    used = set()
    for path in WORKFLOWS:
        lines = [line.strip(" -") for line in path.read_text().splitlines() if "uses:" in line]
        assert [line for line in lines if not PINNED.fullmatch(line)] == [], path.name
        used.update(lines)
    names = [line.partition("@")[0] for line in used]
    assert len(names) == len(set(names)), sorted(used)


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


def test_the_script_installs_what_tests_may_demand_of_ci():
    words = set(re.findall(r"[\w-]+", (ROOT / ".ci" / "run").read_text()))
    assert set(needs.PROMISED) <= words


@pytest.mark.parametrize(("program", "outcome"), [("bubblewrap", "Failed"), ("a GPU", "Skipped")])
def test_in_ci_what_is_promised_must_be_there(program: str, outcome: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BaseException, match="not here") as caught:
        needs.absent(program, "not here")
    assert caught.typename == outcome
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="not here"):
        needs.absent(program, "not here")
