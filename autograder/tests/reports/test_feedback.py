"""Reports reach the `feedback` branch over a real git server, and nothing else of a repository changes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.reports import branch, feedback
from autograder.reports.branch import push_files
from autograder.roster.git import FetchLimits, GitError
from autograder.roster.standing import Standings
from autograder.tests.reports import sample
from autograder.tests.roster.gitserver import GitServer, git_server

LIMITS = FetchLimits(megabytes=20, seconds=60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path / "server") as found:
        yield found


def writable(server: GitServer, name: str, files: dict[str, str | bytes] | None = None) -> str:
    """A repository that takes pushes; its address."""
    server.push(name, files or {"work/01_tiny/ops.py": "x = 1\n"})
    git(server, name, "config", "daemon.receivepack", "true")
    return server.url(name)


def git(server: GitServer, name: str, *arguments: str) -> str:
    command = ["git", "-C", str(server.folder / f"{name}.git"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def files_of(server: GitServer, name: str) -> set[str]:
    return set(git(server, name, "ls-tree", "-r", "--name-only", "feedback").split())


def klass(server: GitServer, *names: str, **more) -> Standings:
    people = []
    for name in names:
        who = sample.person(name).model_copy(
            update={"repository": server.url(name.split()[0].lower()), **more}
        )
        people.append(sample.standing(who, sample.result(), sample.part(2)))
    return sample.standings(*people)


def outcomes(standings: Standings, **more) -> dict[tuple[str, ...], str]:
    found = feedback.deliver(standings, sample.manifest(), **more)
    return {each.people: each.outcome for each in found}


def test_reports_arrive_and_a_second_run_does_nothing(server: GitServer):
    for name in ("ada", "bo"):
        writable(server, name)
    before = git(server, "ada", "rev-parse", "main")
    people = klass(server, "Ada Smith", "Bo Chen")
    assert outcomes(people) == {("ada",): "pushed", ("bo",): "pushed"}
    assert files_of(server, "ada") == {"README.md", "01_tiny/README.md", "01_tiny/report.html"}
    assert "11 of 12 points" in git(server, "ada", "show", "feedback:01_tiny/README.md")
    assert git(server, "ada", "rev-parse", "main") == before
    assert git(server, "ada", "log", "--format=%an %s", "feedback") == "autograder Feedback on 01_tiny\n"
    tip = git(server, "ada", "rev-parse", "feedback")
    assert outcomes(people) == {("ada",): "unchanged", ("bo",): "unchanged"}
    assert git(server, "ada", "rev-parse", "feedback") == tip


def test_a_new_version_is_a_new_commit_beside_what_is_there(server: GitServer):
    writable(server, "ada")
    push_files(server.url("ada"), "feedback", {"00_first": {"README.md": b"old\n"}}, "earlier", LIMITS)
    [ada] = klass(server, "Ada Smith").people
    outcomes(sample.standings(ada))
    better = ada.model_copy(update={"points": 12.0, "manual": (sample.part(3, comment="regraded"),)})
    assert outcomes(sample.standings(better)) == {("ada",): "pushed"}
    assert files_of(server, "ada") == {
        "README.md",
        "00_first/README.md",
        "01_tiny/README.md",
        "01_tiny/report.html",
    }
    assert git(server, "ada", "show", "feedback:00_first/README.md") == "old\n"
    assert "regraded" in git(server, "ada", "show", "feedback:01_tiny/report.html")
    assert git(server, "ada", "rev-list", "--count", "feedback").strip() == "3"


def test_a_group_gets_a_folder_for_each_member(server: GitServer):
    writable(server, "red")
    people = klass(server, "Ada Smith", "Bo Chen", repository=server.url("red"), group="red")
    assert outcomes(people) == {("ada", "bo"): "pushed"}
    assert "01_tiny/ada/report.html" in files_of(server, "red")
    assert "01_tiny/bo/README.md" in files_of(server, "red")


def test_unreachable_repositories_are_told_and_stop_nobody(server: GitServer):
    writable(server, "ada")
    server.push("cy", {"a": "1"})  # takes no push
    people = klass(server, "Ada Smith", "Bo Chen", "Cy Diaz")
    found = {each.people: each for each in feedback.deliver(people, sample.manifest())}
    assert found[("ada",)].outcome == "pushed"
    assert {found[("bo",)].outcome, found[("cy",)].outcome} == {"failed"}
    assert found[("bo",)].reason


def test_an_empty_repository_gets_its_branch(server: GitServer):
    server.make("ada")
    git(server, "ada", "config", "daemon.receivepack", "true")
    assert outcomes(klass(server, "Ada Smith")) == {("ada",): "pushed"}


def test_a_roster_chooses_people_and_addresses(server: GitServer):
    url = writable(server, "moved")
    people = klass(server, "Ada Smith", "Bo Chen")
    roster = (sample.person("Ada Smith").model_copy(update={"repository": url}),)
    assert outcomes(people, roster=roster) == {("ada",): "pushed"}
    assert "01_tiny/report.html" in files_of(server, "moved")


def test_a_branch_that_moved_meanwhile_is_tried_again(server: GitServer, monkeypatch: pytest.MonkeyPatch):
    url, pushes = writable(server, "ada"), []
    push = branch.Plumbing.push

    def late(self: branch.Plumbing, repository: str, commit: str, ref: str) -> None:
        if not pushes:
            pushes.append(commit)
            push_files(url, "feedback", {"other": b"first\n"}, "somebody else", LIMITS)
        push(self, repository, commit, ref)

    monkeypatch.setattr(branch.Plumbing, "push", late)
    assert push_files(url, "feedback", {"mine": b"second\n"}, "mine", LIMITS) == "pushed"
    assert files_of(server, "ada") == {"mine", "other"}


def test_a_folders_own_hooks_do_not_run(tmp_path: Path):
    """A repository may be a folder here: then git's other side runs on this machine, and belongs to a student."""
    place, canary = tmp_path / "ada.git", tmp_path / "canary"
    subprocess.run(["git", "init", "-q", "--bare", str(place)], check=True)
    for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        hook = place / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {canary}\n")
        hook.chmod(0o755)
    for key in ("core.fsmonitor", "core.alternateRefsCommand", "core.hooksPath"):
        value = str(place / "hooks") if key.endswith("hooksPath") else f"touch {canary}; false"
        subprocess.run(["git", "-C", str(place), "config", key, value], check=True)
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", "--bare", str(other)], check=True)
    (place / "objects" / "info").mkdir(exist_ok=True)
    (place / "objects" / "info" / "alternates").write_text(f"{other}/objects\n")
    assert push_files(str(place), "feedback", {"a": b"1\n"}, "m", LIMITS) == "pushed"
    assert push_files(str(place), "feedback", {"a": b"2\n"}, "m", LIMITS) == "pushed"
    assert not canary.exists()


def test_a_folder_that_is_no_repository(tmp_path: Path):
    with pytest.raises(GitError):
        push_files(str(tmp_path), "feedback", {"a": b"1"}, "m", LIMITS)
