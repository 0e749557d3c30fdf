# loses: test_ddp_equals_one_process, test_ddp_overlaps, test_ddp_messages, test_ddp_unused, test_ddp_second_backward, test_ddp_one_order
# module: ddp.py
# why: divides the mean by the number of ranks again


def _finish(self):
    for bucket in self.buckets[self._started :]:
        self._start(bucket)
    for bucket in self.buckets:
        bucket.request.wait()
        bucket.flat.div_(self.communicator.size)
        bucket.spread()


DataParallel._finish = _finish
