"""A systemd of its own: PID 1 in namespaces, with no units but the test's. Nothing of the machine changes: /etc, /run and
/var/lib are copies or empty, the network is a loopback alone."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

SYSTEMD = next((path for path in ("/usr/lib/systemd/systemd", "/lib/systemd/systemd") if os.path.exists(path)), None)

# What the units of services depend on by default, without what it does to a real machine.
TARGETS = ("sysinit", "basic", "sockets", "multi-user", "network", "shutdown", "test")

INIT = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
cp -a /etc/. {etc}/
mount --bind {etc} /etc
mount -t tmpfs tmpfs /var/lib
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rshared /
ip link set lo up
mkdir -p /run/systemd/system
cp -a {root}/etc/. /etc/
touch /run/llm-router
mount --bind {binary} /run/llm-router
systemd-sysusers /etc/sysusers.d/llm-router.conf
chgrp -R llm-router /etc/llm-router/router.toml
export SYSTEMD_UNIT_PATH=/etc/test-units container=test
exec {systemd} --system --log-target=null --unit=test.target --show-status=no
"""


def control_group():
    """A new one below this process's own, so that systemd's are not those of the machine."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    mount = next((mount[1] for mount in mounts if mount[2] == "cgroup2"), None)
    own = next((line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")), None)
    if mount is None or own is None:
        return None
    folder = Path(mount + own) / f"llm-router-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    return folder


class Machine:
    def __init__(self, root, binary):
        """`root` holds what `make install` put there; the binary is at /run/llm-router."""
        self.folder = Path(root).parent
        self.group = control_group()
        self.units = Path(root) / "etc/test-units"
        self.units.mkdir()
        for target in TARGETS:
            (self.units / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
        for unit in ("llm-router.service", "llm-router.socket"):
            shutil.copy(Path(root) / "etc/systemd/system" / unit, self.units)
        etc = self.folder / "etc"
        etc.mkdir()
        init = self.folder / "init.sh"
        init.write_text(INIT.format(etc=etc, root=root, binary=binary, systemd=SYSTEMD))
        namespaces = ["--kill-child", "--fork", "--pid", "--mount", "--net", "--cgroup", "--uts", "--ipc", "--mount-proc"]
        quiet = subprocess.DEVNULL
        enter = 'echo $$ > "$0/cgroup.procs" && exec unshare "$@"'
        command = ["sh", "-c", enter, self.group or "/nowhere", *namespaces, "sh", init]
        self.outer = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        self.init = None

    def boot(self):
        """Waits until it takes commands. Says why it does not."""
        for _ in range(300):
            if self.outer.poll() is not None:
                return f"its namespaces cannot be made (exit code {self.outer.returncode})"
            children = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
            if children:
                self.init = int(children[0])
                answer = self.run("systemctl", "is-system-running")
                if answer.stdout.strip() in ("running", "degraded"):
                    return None
            time.sleep(0.1)
        return "it does not start within 30 s"

    def run(self, *command, **options):
        inside = ["nsenter", "--target", str(self.init), "--mount", "--pid", "--net", "--cgroup", "--uts", "--ipc"]
        options = {"capture_output": True, "text": True, "timeout": 180} | options
        return subprocess.run([*inside, *command], **options)

    def systemctl(self, *command):
        done = self.run("systemctl", *command)
        assert done.returncode == 0, f"systemctl {' '.join(command)}: {done.stderr}\n{self.log()}"
        return done.stdout

    def show(self, name):
        return self.systemctl("show", "llm-router.service", f"--property={name}", "--value").strip()

    def drop_in(self, text, unit="llm-router.service", name="test"):
        """Changes a unit, as `systemctl edit` does; the units are read again."""
        folder = f"/etc/test-units/{unit}.d"
        self.write(f"{folder}/{name}.conf", text)
        self.systemctl("daemon-reload")

    def write(self, path, text, mode="644"):
        script = 'mkdir -p "$(dirname "$0")" && cat > "$0" && chmod "$1" "$0"'
        assert self.run("sh", "-c", script, path, mode, input=text).returncode == 0

    def read(self, path):
        return self.run("cat", path).stdout

    def log(self):
        return self.read("/run/llm-router.log")

    def process(self):
        """Of the service, as its own machine counts."""
        return self.show("MainPID")

    def close(self):
        if self.init is not None:
            os.kill(self.init, signal.SIGKILL)
        else:
            self.outer.kill()
        self.outer.wait()
        for _ in range(50 if self.group else 0):
            # A group can be removed once its last process has ended.
            for path in sorted(self.group.rglob("*/"), reverse=True):
                remove(path)
            if remove(self.group):
                return
            time.sleep(0.1)


def remove(group):
    try:
        group.rmdir()
    except OSError:
        return not group.exists()
    return True
