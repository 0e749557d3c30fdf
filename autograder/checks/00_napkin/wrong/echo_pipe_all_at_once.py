# loses: test_echo_pipe
# module: sheet.py
# why: sends all bytes before it waits for the first one to come back


def _echo_pipe(count):
    (there, outbox), (inbox, back) = os.pipe(), os.pipe()
    other = threading.Thread(target=_echo, args=(partial(os.read, there, 1), partial(os.write, back)))
    other.start()
    start = time.perf_counter()
    for _ in range(count):
        os.write(outbox, b"x")
    for _ in range(count):
        os.read(inbox, 1)
    seconds = time.perf_counter() - start
    os.close(outbox)
    other.join()
    for end in (there, inbox, back):
        os.close(end)
    return seconds
