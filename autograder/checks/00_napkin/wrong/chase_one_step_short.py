# loses: test_chase
# module: sheet.py
# why: counts place 0 as the first step


@njit
def _chase(next, steps):
    place = 0
    for _ in range(1, steps):
        place = next[place]
    return place
