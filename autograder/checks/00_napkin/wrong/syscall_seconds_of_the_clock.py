# loses: test_syscall_seconds
# module: sheet.py
# why: asks for the time, which the kernel leaves where every process can read it


def syscall_seconds(count):
    start = time.perf_counter()
    for _ in repeat(None, count):
        time.time()
    return (time.perf_counter() - start) / count
