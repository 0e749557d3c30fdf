"""`./mlsys lab`: a real JupyterLab server on a desk, seen from outside without a browser."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from autograder.commands.lab import first_unfinished
from autograder.core.units import CourseError, Unit, find_unit
from autograder.lab import jupyter
from autograder.lab.workspace import write_workspace
from autograder.tests.frame.little_labs import (
    NOTEBOOK,
    add_unit,
    get,
    lab_result,
    little_tree,
    running_lab,
)
from autograder.tests.tree import command

WAITS = pytest.mark.alone  # for JupyterLab, on ports that are the same for all


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return little_tree(tmp_path / "my [1] course")  # a name that Jupyter could read as a pattern


@pytest.mark.slow
@WAITS
def test_the_lab_serves_the_desk_and_ends_with_one_interrupt(tree: Path):
    with running_lab(tree, "81") as (process, printed, address):
        assert "Copied to your desk, work/81_tiny/: loops.py, 81_tiny.ipynb" in printed
        token = address.partition("?token=")[2]
        base = re.sub(r"(http://127\.0\.0\.1:\d+)/.*", r"\1", address)
        assert get(address)[0] == 200
        assert get(f"{base}/api/contents/work/81_tiny/loops.py?token={token}")[0] == 200
        assert get(f"{base}/api/contents/work/81_tiny/loops.py")[0] == 403  # not without the token
        assert get(f"{base}/api/terminals?token={token}") == (200, b"[]")
        kernels = json.loads(get(f"{base}/api/kernelspecs?token={token}")[1])
        assert kernels["default"] in kernels["kernelspecs"]
        settings = json.loads(
            get(f"{base}/lab/api/settings/@jupyterlab/apputils-extension:notification?token={token}")[1]
        )
        assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
        workspace = json.loads(get(f"{base}/lab/api/workspaces/81_tiny?token={token}")[1])["data"]
        panes = workspace["layout-restorer:data"]["main"]["dock"]["children"]
        assert [pane["widgets"] for pane in panes] == [
            ["notebook:work/81_tiny/81_tiny.ipynb"],
            ["editor:work/81_tiny/loops.py"],
        ]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        with pytest.raises(OSError, match="refused"):
            get(address)
    inside = {path.name for path in (tree / "work").iterdir()}
    assert inside == {"81_tiny", ".jupyter"}
    assert (tree / "work" / ".jupyter" / ".gitignore").read_text() == "*\n"


@pytest.mark.slow
@WAITS
def test_two_labs_that_start_at_once_pass_a_taken_port_over_and_have_one_each(tree: Path):
    with socket.socket() as occupant, ExitStack() as stack:
        if jupyter.is_free(jupyter.FIRST_PORT):
            occupant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            occupant.bind(("127.0.0.1", jupyter.FIRST_PORT))
            occupant.listen()
        with ThreadPoolExecutor(2) as pool:
            starting = [
                pool.submit(stack.enter_context, running_lab(tree, number)) for number in ("81", "82")
            ]
        labs = [each.result() for each in starting]
        for _, printed, address in labs:
            assert f"Port {jupyter.FIRST_PORT} is in use; using port" in printed
            assert f":{jupyter.FIRST_PORT}/" not in address
            assert get(address)[0] == 200
        assert len({address.partition("/lab")[0] for _, _, address in labs}) == 2
        process = labs[0][0]
        process.terminate()  # as a terminal that is closed, or a machine that shuts down
        assert process.wait(30) == 0


def test_a_taken_port_that_was_asked_for_is_refused(tree: Path):
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        done = lab_result(tree, "81", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.startswith(f"mlsys: port {port} is in use\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["99"], "unknown unit '99'"), (["81", "--port", "0"], "--port"), (["81", "--port", "many"], "--port")],
)
def test_bad_arguments_are_exit_code_2(tree: Path, arguments: list[str], message: str):
    done = lab_result(tree, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_unit_without_a_notebook_is_named(tree: Path):
    (tree / "labs" / "82_next.ipynb").unlink()
    done = lab_result(tree, "82")
    assert done.returncode == 2
    assert "unit 82_next has no lab yet" in done.stderr


def test_a_server_that_dies_at_once_is_explained(tree: Path, monkeypatch: pytest.MonkeyPatch):
    unit = Unit("81_tiny", tree)
    quits = [sys.executable, "-c", "print('no room left'); raise SystemExit(3)"]
    monkeypatch.setattr(jupyter, "server_command", lambda *_: quits)
    with pytest.raises(CourseError, match=r"did not start; the end of server.log:\n  no room left"):
        jupyter.run(unit, ["loops.py"], open_browser=False)


def test_a_layout_of_the_students_own_is_kept_while_it_shows_the_notebook(tree: Path):
    unit, folder = Unit("81_tiny", tree), tree / "workspaces"
    write_workspace(folder, unit, ["loops.py", "more.py"])
    [file] = folder.iterdir()
    fresh = json.loads(file.read_text())["data"]
    panes = fresh["layout-restorer:data"]["main"]["dock"]["children"]
    assert panes[1]["widgets"] == ["editor:work/81_tiny/loops.py", "editor:work/81_tiny/more.py"]
    own = file.read_text().replace("0.54", "0.7")
    file.write_text(own)
    write_workspace(folder, unit, ["loops.py"])
    assert file.read_text() == own
    for useless in ("", "{}", '{"data": {"notebook:work/81_tiny/81_tiny.ipynb": 1}, "metadata": {}}'):
        file.write_text(useless)
        write_workspace(folder, unit, ["loops.py"])
        assert "0.54" in file.read_text()


def test_the_page_with_the_token_is_the_owners_alone(tree: Path):
    place = jupyter.Place(tree)
    place.prepare()
    jupyter.redirect_page(place, "http://127.0.0.1:1/lab?token=old", 1)
    page = jupyter.redirect_page(place, "http://127.0.0.1:1/lab?token=abc", 1)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "url=http://127.0.0.1:1/lab?token=abc" in page.read_text()


def record_points(unit: Unit, points: int, files: dict[str, str] | None = None) -> None:
    status = "passed" if points == 2 else "failed"
    done = {
        "points": points,
        "max_points": 2,
        "best": points,
        "status": status,
        "tests": {},
        "files": files or {},
    }
    done |= {"checked": "2026-01-01T00:00:00Z", "tier": "none", "seed": 1}
    file = unit.root / "work" / ".progress" / f"{unit.slug}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    tasks = {f"{unit.number}.1": done}
    file.write_text(json.dumps({"schema": "mlsys/progress/v1", "unit": unit.slug, "tasks": tasks}))


def test_without_a_unit_the_first_unfinished_one_opens(tree: Path):
    first, second = Unit("81_tiny", tree), Unit("82_next", tree)
    assert first_unfinished([first, second]) == first
    record_points(first, 1)
    assert first_unfinished([first, second]) == first
    record_points(first, 2, {"loops.py": "the hash of what it was"})
    assert first_unfinished([first, second]) == first
    record_points(first, 2)
    assert first_unfinished([first, second]) == second
    record_points(second, 2)
    assert first_unfinished([first, second]) == first
    with pytest.raises(CourseError, match="no lab here"):
        first_unfinished([Unit("83_none", tree)])


@pytest.mark.slow
@WAITS
def test_a_unit_of_an_earlier_week_opens_on_the_desk_from_then(tree: Path):
    """A student tree has that unit's lab, but no assignment and no checks."""
    first, second = Unit("81_tiny", tree), Unit("82_next", tree)
    first.manifest.unlink()
    record_points(second, 2)
    assert first_unfinished([first, second]) == second, "all is done, and still it is not the empty one"
    done = lab_result(tree, "81")
    assert done.returncode == 2
    assert (
        "unit 81_tiny has no assignment in this week's files, and you have no desk from its week"
        in done.stderr
    )
    assert "a unit with an assignment (82)" in done.stderr
    assert "reference/tiny/" in done.stderr
    assert "Traceback" not in done.stderr
    assert not first.desk.exists()
    first.desk.mkdir(parents=True)
    (first.desk / first.lab.name).write_text(json.dumps(NOTEBOOK))
    (first.desk / "loops.py").write_text("mine = 1\n")
    with running_lab(tree, "81") as (_, printed, address):
        assert "This is your desk of an earlier week, work/81_tiny/" in printed
        token = address.partition("?token=")[2]
        base = re.sub(r"(http://127\.0\.0\.1:\d+)/.*", r"\1", address)
        assert get(f"{base}/api/contents/work/81_tiny/loops.py?token={token}")[0] == 200


@pytest.mark.parametrize("wanted", ["00", "0", "00_zero", "zero"])
def test_the_unit_with_the_number_zero_has_the_names_of_any_other(tmp_path: Path, wanted: str):
    unit = add_unit(tmp_path, "00_zero")
    assert find_unit(wanted, tmp_path) == unit
    with pytest.raises(CourseError, match="unknown unit ''"):
        find_unit("", tmp_path)


def test_help_of_lab_names_its_options():
    done = subprocess.run(command("lab", "--help"), capture_output=True, text=True)
    assert done.returncode == 0
    assert "--no-browser" in done.stdout
