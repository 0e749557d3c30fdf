# loses: test_no_sync_nested
# module: ddp.py
# why: sets the flag to True at the end, also inside another no_sync


@contextmanager
def no_sync(self):
    self.synchronize = False
    try:
        yield
    finally:
        self.synchronize = True


DataParallel.no_sync = no_sync
