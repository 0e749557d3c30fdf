"""The guess that a student writes down: kept once, compared later, refused when it is no guess."""

import json

import pytest

from reference.shared.predictions import keep_prediction

BLIND = {"numba": 4.0, "parallel": 4.0}


def test_the_first_guess_is_kept(tmp_path):
    path = tmp_path / "predictions.json"
    first = keep_prediction("01", {"numba": 100, "parallel": 2}, blind=BLIND, path=path)
    assert first.values == {"numba": 100.0, "parallel": 2.0}
    assert first.written in str(first)
    later = keep_prediction("01", {"numba": 300.0, "parallel": 2.0}, blind=BLIND, path=path)
    assert later.values == first.values
    assert later.written == first.written
    assert "first guess" in later.note
    assert keep_prediction("01", BLIND, blind=BLIND, path=path).values == first.values
    other = keep_prediction("02", {"tiles": 9.0}, blind={"tiles": 4.0}, path=path)
    assert other.values == {"tiles": 9.0}
    assert set(json.loads(path.read_text())) == {"01", "02"}


def test_the_blind_guess_is_not_kept(tmp_path):
    path = tmp_path / "predictions.json"
    blind = keep_prediction("01", BLIND, blind=BLIND, path=path)
    assert blind.whose == "the course's blind guess"
    assert not path.exists()
    assert (
        keep_prediction("01", {"numba": 9.0, "parallel": 2.0}, blind=BLIND, path=path).whose == "your guess"
    )


@pytest.mark.parametrize("value", [0, -1, "3", None, True, float("nan"), float("inf")])
def test_a_guess_that_is_no_gain_is_refused(tmp_path, value):
    with pytest.raises(ValueError, match="guess for parallel must be a number above 0"):
        keep_prediction("01", {"numba": 2.0, "parallel": value}, blind=BLIND, path=tmp_path / "p.json")


@pytest.mark.parametrize("text", ["{", "[]", '{"01": 3}', '{"01": {"values": {"x": 1}, "written": "now"}}'])
def test_a_broken_file_of_guesses_is_named(tmp_path, text):
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"p\.json.*delete"):
        keep_prediction("01", {"numba": 2.0, "parallel": 2.0}, blind=BLIND, path=path)


def test_a_guess_for_other_steps_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected one guess for each of numba, parallel; got numba"):
        keep_prediction("01", {"numba": 2.0}, blind=BLIND, path=tmp_path / "p.json")
