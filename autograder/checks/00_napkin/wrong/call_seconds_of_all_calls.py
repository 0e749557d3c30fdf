# loses: test_call_seconds
# module: sheet.py
# why: gives the seconds of all calls together


def call_seconds(count):
    def nothing():
        pass

    start = time.perf_counter()
    for _ in repeat(None, count):
        nothing()
    return time.perf_counter() - start
