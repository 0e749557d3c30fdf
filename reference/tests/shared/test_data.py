"""The datasets that need no network: shapes, splits, determinism."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.data import datasets as data
from reference.shared.data.corpus import VOCABULARY, encode
from reference.shared.data.glyphs import NOISE

# --- digits and glyphs


def test_digits_are_all_there_and_no_image_is_in_both_halves():
    digits = data.digits()
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    assert digits.train.images.shape == (1437, 8, 8)
    assert digits.train.images.max() == digits.train.peak == 16
    assert set(digits.test.labels) == set(range(10))
    rows = np.concatenate([digits.train.vectors(), digits.test.vectors()])
    assert len(np.unique(rows, axis=0)) == 1797


def test_the_split_of_digits_depends_on_the_seed_alone():
    again = data.digits().test.labels
    assert np.array_equal(data.digits().test.labels, again)
    assert not np.array_equal(data.digits(seed=1).test.labels, again)


@pytest.mark.parametrize("test", [0, 1797, -1])
def test_digits_refuse_an_empty_half(test: int):
    with pytest.raises(ValueError, match="expected 1 to 1796 images, got"):
        data.digits(test=test)


def test_vectors_are_scaled_rows_and_the_images_are_read_only():
    split = data.digits().train
    vectors = split.vectors()
    assert vectors.dtype == np.float32
    assert vectors.shape == (1437, 64)
    assert (vectors.min(), vectors.max()) == (0.0, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        split.images[0, 0, 0] = 1


def test_a_split_needs_a_label_an_image():
    with pytest.raises(ValueError, match="got 2 images, 3 labels"):
        data.Split(np.zeros((2, 8, 8), np.uint8), np.zeros(3, np.int64))


def test_fewer_glyphs_are_the_head_of_more():
    few, many = data.glyphs(7, 3, seed=5), data.glyphs(20, 9, seed=5)
    assert np.array_equal(few.train.images, many.train.images[:7])
    assert np.array_equal(few.test.labels, many.test.labels[:3])
    assert not np.array_equal(few.train.images[:3], few.test.images)


def test_glyphs_are_the_same_in_another_process():
    draw = "from reference.shared.data.datasets import glyphs; images = glyphs(30, 1, seed=3).train.images"
    code = f"import sys; {draw}; sys.stdout.buffer.write(images)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert data.glyphs(30, 1, seed=3).train.images.tobytes() == other
    assert data.glyphs(30, 1, seed=4).train.images.tobytes() != other


def test_glyphs_can_be_told_apart():
    """A nearest neighbour among 1500 is right far more often than one time in four (the guess)."""
    drawn = data.glyphs(1500, 200, characters="0AXW")
    test, train = drawn.test.vectors(), drawn.train.vectors()
    distances = (train**2).sum(
        1
    ) - 2 * test @ train.T  # but for |test|^2, which is the same for all neighbours
    assert (drawn.train.labels[distances.argmin(1)] == drawn.test.labels).mean() > 0.85


def test_every_character_has_ink_that_fits_at_any_size():
    for size in (8, 28, 64):
        images = data.glyphs(40, 1, characters="Wj@Q1", size=size, shift=size).train.images
        assert images.shape == (40, size, size)
        assert (images.reshape(40, -1).max(1) > 5 * NOISE).all()


@pytest.mark.parametrize("wrong", [{"characters": ""}, {"characters": "AA"}, {"size": 7}, {"shift": -1}])
def test_glyphs_refuse_nonsense(wrong: dict):
    with pytest.raises(ValueError, match="expected"):
        data.glyphs(1, 1, **wrong)


# --- the standard library as text


def test_the_text_holds_known_code_and_no_file_is_in_both_halves():
    corpus = data.stdlib_text()
    assert corpus.train.size > 2_000_000
    assert 0.05 < corpus.validation.size / corpus.train.size < 0.25
    assert not set(corpus.train_files) & set(corpus.validation_files)
    assert list(corpus.train_files) == sorted(corpus.train_files, key=str)
    assert "def namedtuple(" in corpus.decode(corpus.train) + corpus.decode(corpus.validation)
    assert not any("site-packages" in name or "/test/" in name for name in corpus.train_files)


def test_a_limit_gives_the_head_of_the_text_nine_to_one():
    corpus, whole = data.stdlib_text(characters=50_000), data.stdlib_text(characters=500_000)
    assert (corpus.train.size, corpus.validation.size) == (45_000, 5_000)
    assert np.array_equal(corpus.train, whole.train[:45_000])


def test_a_text_is_read_in_sorted_order_without_what_is_not_ascii(tmp_path: Path):
    for name, text in {"b.py": "b\tb\r\n", "a.py": "a", "é.py": "x", "c.py": "é", "test/t.py": "t"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    corpus = data.stdlib_text(folder=tmp_path)
    assert corpus.decode(corpus.train) == "a\nb   b\nx\n"


def test_a_python_without_source_is_named(tmp_path: Path):
    with pytest.raises(data.DataError, match="expected the source of Python's standard library"):
        data.stdlib_text(folder=tmp_path)


@given(st.text(alphabet=VOCABULARY))
def test_decode_undoes_encode(text: str):
    nothing = np.zeros(0, np.uint8)
    corpus = data.TextCorpus(nothing, nothing, VOCABULARY, (), (), "")
    codes = corpus.encode(text)
    assert codes.dtype == np.uint8
    assert corpus.decode(codes) == text


@pytest.mark.parametrize(
    ("text", "where"), [("ab\t", 2), ("é", 0), ("ok\U0001f600", 2), ("\ud800", 0), ("a\r", 1)]
)
def test_encode_names_the_first_foreign_character(text: str, where: int):
    with pytest.raises(ValueError, match=rf"text\[{where}\]"):
        encode(text)


@pytest.mark.parametrize("codes", [[-1], [96], [0, 255]])
def test_decode_refuses_codes_out_of_range(codes: list[int]):
    with pytest.raises(ValueError, match="expected 0 to 95"):
        data.stdlib_text(characters=100).decode(np.array(codes))
