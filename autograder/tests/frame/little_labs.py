"""A course of two little units, and `./mlsys lab` on it, seen from outside without a browser."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.core.units import Unit
from autograder.tests.tree import command, copy_tree, environment, mlsys

MANIFEST = """
schema = 1
unit = "{slug}"
title = "Tiny"
modules = ["loops.py"]

[[task]]
id = "{number}.1"
function = "double"
module = "loops.py"
title = "Twice"
points = 2
[task.checks]
test_double = 2
"""
NOTEBOOK = {
    "cells": [],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def add_unit(root: Path, slug: str) -> Unit:
    """A complete little unit: a notebook, and an assignment with one task."""
    unit = Unit(slug, root)
    unit.assignment.mkdir(parents=True)
    unit.lab.parent.mkdir(exist_ok=True)
    unit.manifest.write_text(MANIFEST.format(slug=slug, number=slug[:2]))
    (unit.assignment / "loops.py").write_text("def double(x):\n    raise NotImplementedError\n")
    unit.lab.write_text(json.dumps(NOTEBOOK))
    return unit


def little_tree(root: Path) -> Path:
    """The two units, run by the real code."""
    copy_tree(root, "autograder", "reference")
    add_unit(root, "81_tiny")
    add_unit(root, "82_next")
    return root


def lab_command(*arguments: str) -> list[str]:
    return command("lab", "--no-browser", *arguments)


def lab_result(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return mlsys(tree, "lab", "--no-browser", *arguments)


@contextmanager
def running_lab(tree: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """(process, what it printed up to the address, the address)"""
    process = subprocess.Popen(
        lab_command(*arguments), env=environment(tree), cwd=tree, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = ""
    try:
        for line in process.stdout:
            printed += line
            address = re.search(r"http://\S+", line)
            if address:
                yield process, printed, address[0]
                break
        else:
            pytest.fail(f"no address in: {printed}")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()


def get(url: str) -> tuple[int, bytes]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
