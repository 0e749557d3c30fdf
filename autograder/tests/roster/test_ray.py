"""Ray: two nodes on this machine, one killed while it grades; the grades are those of the local engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import CourseError
from autograder.roster.engines import Needs, absent
from autograder.roster.ray_engine import RayEngine
from autograder.tests.judge.small_course import Course
from autograder.tests.needs import absent as not_here
from autograder.tests.roster.small_class import HALF, RIGHT, WRONG, Class, person

pytestmark = pytest.mark.alone  # it uses every core

PEOPLE = 12
NODE = {"num_cpus": 1, "memory": 4 << 30, "object_store_memory": 100 << 20}


def need_ray() -> None:
    if absent("ray"):
        not_here("ray", "ray is not installed: pip install -c constraints.txt -c constraints-ray.txt ray")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head without cores for tasks, and two nodes of one core each."""
    need_ray()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    Cluster = import_module("ray.cluster_utils").Cluster

    head = {**NODE, "num_cpus": 0, "include_dashboard": False}
    try:
        found = Cluster(initialize_head=True, head_node_args=head)
    except Exception:  # Ray gives its own processes 30 s to start: too few where the machine is busy
        found = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield found
    finally:
        found.shutdown()


class Killer:
    """An engine that ends a node after its third answer."""

    def __init__(self, engine: RayEngine, cluster: Any, node: Any) -> None:
        self.engine, self.cluster, self.node = engine, cluster, node
        self.killed_after = 0

    def grade(self, jobs: list) -> Iterator:
        for count, done in enumerate(self.engine.grade(jobs), 1):
            yield done
            if count == 3:
                self.cluster.remove_node(self.node, allow_graceful=False)
                self.killed_after = count


@pytest.mark.slow
def test_a_node_that_is_killed_loses_nothing(course: Course, tmp_path: Path, cluster: Any):
    nodes = [cluster.add_node(**NODE) for _ in range(2)]
    cluster.wait_for_nodes()
    people = []
    for number in range(PEOPLE):
        course.write(f"class/p{number}/sums.py", (RIGHT, HALF, WRONG)[number % 3] + f"# {number}\n")
        people.append(person(f"s{number}", str(course.root / f"class/p{number}")))
    engine = Killer(RayEngine(cluster.address, Needs.of(unit_manifest(course.unit))), cluster, nodes[0])
    far = Class(course, people, tmp_path / "far").grade(engine=engine)
    assert engine.killed_after == 3
    assert far.graded == PEOPLE
    near = Class(course, people, tmp_path / "near").grade()
    assert [each.trouble for each in far.people if each.trouble] == []
    assert (far.place / "grades.json").read_bytes() == (near.place / "grades.json").read_bytes()


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_one_message():
    need_ray()
    with pytest.raises(CourseError, match="no Ray cluster at"):
        RayEngine("127.0.0.1:1", Needs(memory_mb=512, seconds=60))
