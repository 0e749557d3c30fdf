# loses: test_in_turns
# module: stopwatch.py
# why: starts every round with the same function


def in_turns(names, rounds):
    return [list(names) for _ in range(rounds)]
