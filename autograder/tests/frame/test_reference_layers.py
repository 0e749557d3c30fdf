"""The layers of `reference/`: benchmarks of a unit > its solution > its lab > shared, and never a later unit.

The units are those of the folder listing, so that a new one is covered at once. Imports within functions count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from autograder.core.units import Unit, course_root, find_units

ROOT = course_root()
UNITS = find_units(ROOT)
SHARED = "reference.shared"
LAYERS = "reference.benchmarks.{0} reference.{0} reference.lab.{0}"  # from the top layer down
BENCHMARKS = ("reference.benchmarks.report", "reference.benchmarks.lecture")  # of all units

by_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("reference", "autograder", cache_dir=None)


def layers(unit: Unit) -> list[str]:
    """The unit's own packages, the highest first."""
    return LAYERS.format(unit.name).split()


def illegal(graph: grimp.ImportGraph, importers: Iterable[str], imported: Iterable[str]) -> list[str]:
    """One line for each way in which an importer comes to import one of `imported`, through however many modules."""
    pairs = [
        (importer, name)
        for importer in importers
        for name in imported
        if {importer, name} <= graph.modules and importer != name
    ]
    chains = (graph.find_shortest_chains(*pair, as_packages=True) for pair in pairs)
    return sorted({" -> ".join(chain) for found in chains for chain in found})


@by_unit
def test_a_unit_imports_downwards(graph: grimp.ImportGraph, unit: Unit):
    own = [*layers(unit), SHARED]
    for place, low in enumerate(own):
        assert illegal(graph, [low], own[:place]) == []


@by_unit
def test_a_unit_imports_no_later_one(graph: grimp.ImportGraph, unit: Unit):
    later = [name for each in UNITS if each.number > unit.number for name in layers(each)]
    assert illegal(graph, layers(unit), later) == []


@by_unit
def test_a_solution_and_a_lab_need_no_benchmark(graph: grimp.ImportGraph, unit: Unit):
    benchmarks = [*BENCHMARKS, *(layers(each)[0] for each in UNITS)]
    assert illegal(graph, layers(unit)[1:], benchmarks) == []


def test_what_all_units_share_imports_none_of_them(graph: grimp.ImportGraph):
    units = [name for unit in UNITS for name in layers(unit)]
    assert illegal(graph, [SHARED, *BENCHMARKS], units) == []


def test_every_package_belongs_to_a_layer(graph: grimp.ImportGraph):
    places = [SHARED, *BENCHMARKS, *(name for unit in UNITS for name in layers(unit))]
    names = {name for name in graph.modules if name.startswith("reference.")}
    outside = {name for name in names if not any(f"{name}.".startswith(f"{place}.") for place in places)}
    assert outside == {"reference.benchmarks", "reference.lab"}


def test_the_reference_does_without_the_autograder(graph: grimp.ImportGraph):
    assert illegal(graph, ["reference"], ["autograder"]) == []


def test_no_illegal_import_goes_unseen():
    """The graph of a small tree with one import of each forbidden kind, some through another module."""
    graph = grimp.ImportGraph()
    first, second = UNITS[0].name, UNITS[1].name
    for importer, imported in (
        (f"reference.{first}.a", f"reference.benchmarks.{first}.bench"),
        (f"reference.lab.{first}.a", "reference.shared.a"),
        ("reference.shared.a", f"reference.{second}.b"),
    ):
        for name in (importer, imported):
            while name:
                graph.add_module(name)
                name = name.rpartition(".")[0]
        graph.add_import(importer=importer, imported=imported)
    for test in (
        test_a_unit_imports_downwards,
        test_a_unit_imports_no_later_one,
        test_a_solution_and_a_lab_need_no_benchmark,
    ):
        with pytest.raises(AssertionError):
            test(graph, UNITS[0])
    with pytest.raises(AssertionError):
        test_what_all_units_share_imports_none_of_them(graph)


def cycle(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, or nothing."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_files_import_each_other_in_a_circle(graph: grimp.ImportGraph):
    names = [name for name in graph.modules if name.startswith("reference.")]
    assert cycle({name: graph.find_modules_directly_imported_by(name) for name in names}) == []


def test_no_packages_import_each_other_in_a_circle(graph: grimp.ImportGraph):
    """A package is a folder here, without the folders in it."""

    def package(name: str) -> str:
        return name if graph.find_children(name) else name.rpartition(".")[0]

    imports: dict[str, set[str]] = {}
    for name in graph.modules:
        if name.startswith("reference."):
            others = {package(each) for each in graph.find_modules_directly_imported_by(name)}
            imports.setdefault(package(name), set()).update(others - {package(name)})
    assert cycle(imports) == []


def test_a_circle_is_found():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
    assert cycle({"a": {"b"}, "b": {"c"}}) == []


def shared_files() -> list[Path]:
    """What goes to the students of every week."""
    reference = ROOT / "reference"
    folders = [reference / "shared", reference / "tests" / "shared"]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


@by_unit
def test_no_shared_file_names_a_unit(unit: Unit):
    # A name of one word, like "collectives", is a word of the field: only its place counts.
    place = r"(reference[./](lab[./])?|benchmarks[./]|\d\d_)" if "_" not in unit.name else ""
    name = re.compile(rf"\b{place}{unit.name}\b|(unit|lab|lecture|task) {unit.number}\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in shared_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if name.search(line)
    ]
    assert found == []
