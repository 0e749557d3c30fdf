"""A list that counts how often its values are read; this file runs in the student's process."""

# pyright: reportUndefinedVariable=false
# The worker adds `student_function` to this module: it returns the student's function with a name.


class CountingList(list):
    """A list that counts every read of a value."""

    reads = 0

    def __getitem__(self, index):
        found = super().__getitem__(index)
        self.reads += len(found) if isinstance(index, slice) else 1
        return found

    def __iter__(self):
        for value in super().__iter__():
            self.reads += 1
            yield value


def reads(name, values, width):
    """The number of values that `name(values, width)` reads, including the operand check."""
    counting = CountingList(values)
    student_function(name)(counting, width)
    return counting.reads
