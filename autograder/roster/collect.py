"""Fetch a whole class: several repositories at a time, none able to stop the others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from autograder.core.append_log import utc_now
from autograder.core.units import CourseError
from autograder.roster import git
from autograder.roster.addresses import folder_of, is_folder, is_git, leads_elsewhere
from autograder.roster.mirror import FetchError
from autograder.roster.receipts import Look, Store
from autograder.roster.standing import Person

AT_ONCE = 8  # fetches: they wait for the network more than they compute


def repositories(people: tuple[Person, ...]) -> list[str]:
    """The repositories to fetch, each once; plain folders need no fetch."""
    every = dict.fromkeys(person.repository for person in people)
    return [each for each in every if not is_folder(each) or is_git(folder_of(each))]


def collect(
    people: tuple[Person, ...],
    store: Store,
    *,
    on_done: Callable[[str, str], None] = lambda *_: None,
    complete: Callable[[str], bool] = lambda _: True,
) -> dict[str, str]:
    """Fetch every repository once; returns repository -> reason for each fetch that failed.

    on_done(repository, trouble) is called after each fetch. Earlier receipts stay. complete(repository): False if its
    default branch lacks files of the unit; then all branches are fetched.
    """
    began = utc_now()
    troubles: dict[str, str] = {}

    def one(address: str) -> str:
        trouble = leads_elsewhere(folder_of(address)) if is_folder(address) else ""
        if trouble:
            return trouble
        try:
            store.collect(address, utc_now())
            if not complete(address):
                store.collect_branches(address, utc_now())
        except FetchError as error:
            return str(error)
        except git.GitError as error:
            return f"the grader's copy cannot be used: {error}"
        return ""

    waiting = repositories(people)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mlsys-fetch") as pool:
        tasks = {pool.submit(one, address): address for address in waiting}
        try:
            left = set(tasks)
            while left:
                done, left = wait(left, timeout=0.5, return_when=FIRST_COMPLETED)
                for task in done:
                    address, trouble = tasks[task], task.result()
                    if trouble:
                        troubles[address] = trouble
                    on_done(address, trouble)
        except (KeyboardInterrupt, CourseError, OSError):
            pool.shutdown(wait=False, cancel_futures=True)
            git.kill_all()
            raise
    if waiting:
        look = Look(began, utc_now(), frozenset(troubles))
        store.looks.append(look)
        store.journal.append(
            "collected", at=began.isoformat(), until=look.until.isoformat(), missed=sorted(troubles)
        )
    return troubles
