"""CPU seconds of an installation's processes, by kind."""
import os

KINDS = {"skein": "skein", "etcd": "etcd", "beam.smp": "rabbitmq", "haproxy": "haproxy"}
TICK = os.sysconf("SC_CLK_TCK")


def _text(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:  # it has ended meanwhile
        return ""


def _seconds(pid):
    """User and system time of a process, also of threads that have ended."""
    stat = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / TICK if stat else 0.0


class Processes:
    """Those of the kinds that belong to one installation; asked anew each time, since units are restarted."""

    def __init__(self, belongs):
        """belongs: says of a process id whether the process is the installation's."""
        self.belongs = belongs

    @classmethod
    def of_lab(cls, name):
        """The processes of all hosts of a lab, which are in control groups of its name."""
        mark = f"/skein-lab-{name}-"
        return cls(lambda pid: mark in _text(f"/proc/{pid}/cgroup"))

    @classmethod
    def of(cls, pids):
        return cls(lambda pid: pid in pids)

    def seconds(self):
        result = dict.fromkeys(KINDS.values(), 0.0)
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            kind = KINDS.get(_text(f"/proc/{name}/comm").strip())
            if kind and self.belongs(int(name)):
                result[kind] += _seconds(name)
        return result
