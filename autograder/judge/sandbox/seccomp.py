"""A system-call filter for the sandbox: it denies calls that coursework does not need and that kernel attacks use.

The filter is a classic BPF program, as linux/seccomp.h and linux/filter.h define it; bubblewrap loads it.
All other calls stay allowed: the namespaces do the rest.
"""

from __future__ import annotations

import platform
import struct

# name -> number on x86-64, on AArch64 (arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h)
DENIED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_secret": (447, 447),  # memory that no accounting shows
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),  # message queues outlive their process, so that one test could write to the next
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semget": (64, 190),
    "setns": (308, 268),
    "setpriority": (141, 140),  # also of the zygote, whose forks inherit it
    "shmget": (29, 194),  # System V memory outlives its process unseen
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "timer_create": (222, 107),  # its signal may be SIGCONT, for a process that the grader has stopped
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
# Denied for process 1, the zygote: limits that a test gives it are inherited by the tests that follow.
NOT_OF_ZYGOTE = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)}
FCNTL, F_SETSIG = (72, 25), 10  # the same as timer_create, by way of a file's events
MACHINES = {"x86_64": (0, 0xC000003E, 56), "aarch64": (1, 0xC00000B7, 220)}  # column, AUDIT_ARCH, clone
CLONE3 = 435  # its flags lie in memory that a filter cannot read: "not there" makes C libraries use clone
NEW_NAMESPACES = 0x7E020000
EPERM, ENOSYS = 1, 38

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
# Offsets in struct seccomp_data; of a 64-bit argument, its low half.
NUMBER, ARCH, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def program(machine: str | None = None) -> bytes | None:
    """The filter for this machine; None if its call numbers are not known."""
    if (machine or platform.machine()) not in MACHINES:
        return None
    column, arch, clone = MACHINES[machine or platform.machine()]
    code = [
        instruction(LOAD, ARCH),
        instruction(EQUAL, arch, if_true=1),
        instruction(RETURN, KILL),  # a 32-bit system call has other numbers
        instruction(LOAD, NUMBER),
        instruction(AT_LEAST, 0x40000000, if_false=1),
        instruction(RETURN, KILL),  # so have those of x32
        instruction(EQUAL, CLONE3, if_false=1),
        instruction(RETURN, ERRNO | ENOSYS),
        instruction(EQUAL, clone, if_false=4),
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(ANY_BIT, NEW_NAMESPACES, if_false=1),
        instruction(RETURN, ERRNO | EPERM),
        instruction(RETURN, ALLOW),
    ]
    for numbers in DENIED.values():
        code += [instruction(EQUAL, numbers[column], if_false=1), instruction(RETURN, ERRNO | EPERM)]
    by_argument = [(numbers, FIRST_ARGUMENT, 1) for numbers in NOT_OF_ZYGOTE.values()]
    for numbers, argument, denied in (*by_argument, (FCNTL, SECOND_ARGUMENT, F_SETSIG)):
        code += [
            instruction(EQUAL, numbers[column], if_false=4),
            instruction(LOAD, argument),
            instruction(EQUAL, denied, if_false=1),
            instruction(RETURN, ERRNO | EPERM),
            instruction(RETURN, ALLOW),
        ]
    code.append(instruction(RETURN, ALLOW))
    return b"".join(code)
