"""A network of its own for each case, in which there is nothing but the loopback device."""

import fcntl
import pathlib
import shutil
import socket
import struct
import subprocess

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def prefix():
    """What a command is put behind to run in such a network; `None` where the user may not have one."""
    if not shutil.which("unshare"):
        return None
    for options in (["-n"], ["-r", "-n"]):
        if subprocess.run(["unshare", *options, "true"], capture_output=True).returncode == 0:
            return ["unshare", *options]
    return None


def enter():
    """Turns the loopback device on, which a new network has switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def attempts():
    """What was sent in this network to where nothing is: ways that there are not, and names that nobody answers."""
    counts = {}
    lines = pathlib.Path("/proc/net/snmp").read_text().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        kind = names.split(":")[0]
        counts.update({f"{kind}.{name}": int(value) for name, value in zip(names.split()[1:], values.split()[1:])})
    six = dict(line.split() for line in pathlib.Path("/proc/net/snmp6").read_text().splitlines())
    found = {
        "no route": counts["Ip.OutNoRoutes"] + int(six.get("Ip6OutNoRoutes", 0)),
        "no such port": counts["Udp.NoPorts"] + int(six.get("Udp6NoPorts", 0)),
    }
    return {what: count for what, count in found.items() if count}
