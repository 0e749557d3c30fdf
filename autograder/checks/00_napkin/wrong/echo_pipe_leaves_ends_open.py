# loses: test_nothing_stays_behind
# module: sheet.py
# why: closes one end of four


def _echo_pipe(count):
    (there, outbox), (inbox, back) = os.pipe(), os.pipe()
    other = threading.Thread(target=_echo, args=(partial(os.read, there, 1), partial(os.write, back)))
    other.start()
    start = time.perf_counter()
    for _ in range(count):
        os.write(outbox, b"x")
        os.read(inbox, 1)
    seconds = time.perf_counter() - start
    os.close(outbox)
    other.join()
    return seconds
