# loses: test_no_sync_after_exception
# module: ddp.py
# why: sets the flag back only if nothing is raised inside


@contextmanager
def no_sync(self):
    before = self.synchronize
    self.synchronize = False
    yield
    self.synchronize = before


DataParallel.no_sync = no_sync
