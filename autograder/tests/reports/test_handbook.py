"""The commands of the handbook, in its order, on a small class behind a real git server."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from autograder.cli import COMMANDS
from autograder.core.units import course_root
from autograder.tests.mini import make_course_with_tools
from autograder.tests.needs import need_sandbox
from autograder.tests.roster.gitserver import git_server
from autograder.tests.tree import command, environment, mlsys

HANDBOOK = course_root() / "docs" / "handbook.md"
ADD = "def add(a, b):\n    return [x + y for x, y in zip(a, b)]\n"
SCALE = (
    "def scale(a, factor):\n    return a * factor\n\ndef _scale(a, factor, out):\n    out[:] = a * factor\n"
)
RIGHT = {"work/01_tiny/ops.py": ADD, "work/01_tiny/fast.py": SCALE}
WRONG = {"work/01_tiny/ops.py": ADD.replace("+", "-"), "work/01_tiny/fast.py": SCALE}


def commands() -> list[list[str]]:
    """Every `./mlsys ...` line of the handbook's blocks, and every one in its text."""
    text = HANDBOOK.read_text()
    lines = re.findall(r"^\./mlsys ([^#\n]*)", text, re.MULTILINE)
    lines += re.findall(r"`\./mlsys ([^`]*)`", text)
    return [line.split() for line in lines]


def test_every_option_of_the_handbook_exists():
    known = {command.name: command.load() for command in COMMANDS}
    assert len(commands()) > 20
    for words in commands():
        command = known[words[0]]
        if words[0] == "test":
            continue
        if words[0] == "classroom50":
            command = command.commands[words[1]]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def branch(folder: Path, name: str, path: str) -> str:
    command = ["git", "-C", str(folder / f"{name}.git"), "show", f"feedback:{path}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_a_class_from_handing_out_to_feedback(tmp_path: Path):
    need_sandbox()
    root = make_course_with_tools(tmp_path)

    def run(*arguments: str, code: int = 0) -> str:
        done = mlsys(root, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    with git_server(tmp_path / "server") as server:
        people = {"s101": ("Ada", RIGHT), "s102": ("Bo", WRONG)}
        rows = ["id,name,repository,email,group"]
        for key, (name, files) in people.items():
            server.push(key, dict(files))
            subprocess.run(
                ["git", "-C", str(server.folder / f"{key}.git"), "config", "daemon.receivepack", "true"],
                check=True,
            )
            rows.append(f"{key},{name},{server.url(key)},{name}@uni.example,")
        roster = tmp_path / "roster.csv"
        roster.write_text("\n".join(rows) + "\n")
        policy = tmp_path / "policy.toml"
        policy.write_text("deadline = 2090-11-30T23:59:00+01:00\n[late]\npoints_a_day = 5\n")
        book = root / "grades" / "01_tiny"

        assert "not graded yet" not in run("release", "--unit", "01", "--out", str(tmp_path / "week1"))
        assert "grade 01" in mlsys(root, "export", "01").stderr, (
            "nothing is graded yet: it says what to do first"
        )
        run("grade", "01", "--roster", str(roster), "--policy", str(policy), "--seed", "7")
        standings = json.loads((book / "versions/0001/standings.json").read_text())
        assert [each["points"] for each in standings["people"]] == [9, 6]
        assert "Ada" in (book / "versions/0001/class.html").read_text()

        sheet = tmp_path / "marks.csv"
        run("mark", "01", "--grader", "kim", "--sheet", str(sheet))
        table = list(csv.reader(sheet.read_text().splitlines()))
        assert [row[0] for row in table[1:]] == ["s101", "s102"]
        sheet.write_text(sheet.read_text().replace('"Ada","01.E","",""', '"Ada","01.E","2.5","well said"'))
        assert "1 new mark of 1" in run("mark", "01", "--grader", "kim", "--csv", str(sheet))
        assert "0 new marks of 1" in run("mark", "01", "--grader", "kim", "--csv", str(sheet))
        listed = run("mark", "01", "--list")
        assert "2.5/3" in listed
        assert "waits" in listed
        published = run("mark", "01", "--publish")
        assert "version 2" in published
        assert "1 total changed since version 1" in published

        into = tmp_path / "upload"
        assert "1 of 2 totals are not final" in run("export", "01", "--to", "canvas", "--out", str(into))
        totals = [row[-1] for row in csv.reader((into / "canvas.csv").read_text().splitlines())]
        assert totals[1:] == ["12", "11.5", ""]
        run("export", "01", "--to", "csv", "--version", "1", "--partial")
        assert '"9"' in (book / "export/0001/grades.csv").read_text()
        run("export", "01", "--version", "9", code=2)

        assert "2 pushed, 0 unchanged, 0 failed" in run("feedback", "01", "--roster", str(roster))
        assert "0 pushed, 2 unchanged, 0 failed" in run("feedback", "01")
        assert "well said" in branch(server.folder, "s101", "01_tiny/report.html")
        assert "6 of 12 points" in branch(server.folder, "s102", "01_tiny/README.md")
        shutil.rmtree(server.folder / "s102.git")
        done = mlsys(root, "feedback", "01")
        assert done.returncode == 1
        assert "s102" in done.stderr

        told = run("similarity", "01", "--roster", str(roster))
        assert "of 2 submissions" in told
        assert "changes nobody's points" in (book / "similarity.html").read_text()
        run("classroom50", "bundle", "01", "--out", str(tmp_path / "bundle"))


@pytest.mark.slow
def test_the_form_keeps_every_mark(tmp_path: Path):
    """Answers come from a pipe: a mark, a wrong number, a skip, and the end of input."""
    need_sandbox()
    root = make_course_with_tools(tmp_path)
    for name in ("ada", "bo", "cy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ops.py").write_text(ADD)
    folders = [str(tmp_path / name) for name in ("ada", "bo", "cy")]
    assert mlsys(root, "grade", "01", *folders).returncode == 0
    done = subprocess.run(
        command("mark", "01", "--grader", "kim"),
        cwd=root,
        env=environment(root),
        input="4\n2\nclear\n\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "expected a number from 0 to 3" in done.stdout
    assert "says why a sum needs two operands" in done.stdout
    assert "1 marked; 2 left" in done.stdout
    [line] = (root / "grades/01_tiny/manual/marks.jsonl").read_text().splitlines()
    mark = json.loads(line)
    assert (mark["person"], mark["points"], mark["comment"], mark["grader"]) == ("ada", 2, "clear", "kim")
