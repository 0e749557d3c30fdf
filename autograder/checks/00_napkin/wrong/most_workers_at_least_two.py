# loses: test_most_workers_of_a_serial_program
# module: scaling.py
# why: takes for granted that a second worker is worth it


def most_workers(fraction, efficiency):
    n = 2
    while amdahl(fraction, n + 1) / (n + 1) >= efficiency:
        n += 1
    return n
