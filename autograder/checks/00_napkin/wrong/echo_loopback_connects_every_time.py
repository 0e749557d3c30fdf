# loses: test_echo_loopback
# module: sheet.py
# why: makes a new connection for every byte


def _echo_loopback(count):
    def answer():
        for _ in range(count):
            theirs, _ = server.accept()
            with theirs:
                theirs.sendall(theirs.recv(1))

    with socket.create_server(("127.0.0.1", 0)) as server:
        other = threading.Thread(target=answer)
        other.start()
        start = time.perf_counter()
        for _ in range(count):
            with socket.create_connection(server.getsockname()) as ours:
                ours.sendall(b"x")
                ours.recv(1)
        seconds = time.perf_counter() - start
        other.join()
    return seconds
