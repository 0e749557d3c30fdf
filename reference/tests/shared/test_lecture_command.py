"""`python -m reference.benchmarks.lecture`: one command for the records and the pictures of all lectures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from reference.benchmarks import lecture, report


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A unit whose lecture has one figure."""
    home = "reference.benchmarks.tiny"
    modules = {
        "lecture": SimpleNamespace(measure=lambda say: say("measuring") or {"rate": 3}),
        "figures": SimpleNamespace(draw=lambda record: [Path(f"01_rate_{record['rate']}.svg")]),
        "quotes": SimpleNamespace(quotes=lambda record: [f"rate: {record['rate']}", "end"]),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"{home}.{name}", module)
    monkeypatch.setattr(report, "RECORDS", tmp_path)
    monkeypatch.setattr(lecture, "units", lambda: ["tiny"])
    return "tiny"


def test_it_measures_keeps_the_record_and_draws(unit: str, capsys: pytest.CaptureFixture[str]):
    lecture.main([unit])
    assert json.loads((report.RECORDS / "tiny_lecture.json").read_text()) == {"rate": 3}
    assert capsys.readouterr().out == "measuring\n01_rate_3.svg\n"


def test_a_record_is_drawn_and_quoted_without_measuring(unit: str, capsys: pytest.CaptureFixture[str]):
    (report.RECORDS / "tiny_lecture.json").write_text('{"rate": 5}')
    lecture.main([unit, "--draw"])
    lecture.main([unit, "--table"])
    assert capsys.readouterr().out == "01_rate_5.svg\nrate: 5\nend\n"


@pytest.mark.parametrize("option", ["--draw", "--table"])
def test_a_missing_record_names_the_command(unit: str, option: str):
    with pytest.raises(SystemExit) as stopped:
        lecture.main([unit, option])
    command = "python -m reference.benchmarks.lecture tiny"
    assert stopped.value.code == f"tiny_lecture.json is missing; to make it: {command}"


def test_a_missing_benchmark_names_its_command(unit: str):
    with pytest.raises(
        FileNotFoundError, match=r"tiny\.json is missing; to make it: \./mlsys bench tiny --out"
    ):
        report.load_bench(unit)


def test_an_unknown_unit_lists_the_others(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        lecture.main(["optics"])
    assert "choose from" in capsys.readouterr().err


def test_each_unit_with_a_lecture_has_what_the_command_calls():
    for name in lecture.units():
        folder = Path(lecture.__file__).parent / name
        texts = {each: (folder / f"{each}.py").read_text() for each in ("lecture", "figures", "quotes")}
        assert "\ndef measure(say: Callable[[str], None]) -> dict[str, Any]:\n" in texts["lecture"]
        assert "\ndef draw(" in texts["figures"]
        assert "\ndef quotes(record: Mapping[str, Any]) -> list[str]:\n" in texts["quotes"]
