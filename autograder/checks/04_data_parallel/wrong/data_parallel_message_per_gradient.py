# loses: test_ddp_messages
# module: ddp.py
# why: sends the whole bucket once for each gradient of it


def _finish(self):
    for bucket in self.buckets[self._started :]:
        self._start(bucket)
    for bucket in self.buckets:
        bucket.request.wait()
        for _ in bucket.params:  # to be sure: the mean of equal means is the mean
            self.communicator.all_reduce(bucket.flat, "avg")
        bucket.spread()


DataParallel._finish = _finish
