# loses: test_chase
# module: sheet.py
# why: reads one number after the other, without following them


@njit
def _chase(next, steps):
    place = 0
    for i in range(steps):
        place = next[i % len(next)]
    return place
