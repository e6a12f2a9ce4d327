"""nginx, Caddy and what the test needs beside them: those of the machine, else Debian's, unpacked under target/, so that
no service starts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "target"


def find(name):
    """Its path; `None` with the reason told where there is none. Debian's package has the same name."""
    folders = [TARGET / name / "usr/sbin", TARGET / name / "usr/bin", Path("/usr/sbin")]
    wanted = os.pathsep.join([os.environ["PATH"], *map(str, folders)])
    if not shutil.which(name, path=wanted) and (reason := unpack(name, TARGET / name)):
        if os.environ.get("REQUIRE_TOOLS") == "1":
            sys.exit(f"REQUIRE_TOOLS is set, and {name} cannot be had: {reason}")
        print(f"SKIPPED: the configurations of proxies were not all tested: {name} cannot be had: {reason}")
    return shutil.which(name, path=wanted)


def unpack(name, folder):
    """Nothing, or the reason why it could not be done."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return "it is not installed, and this is no Debian"
    folder.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "download", "-qq", name]
    told = subprocess.run(download, cwd=folder, capture_output=True, text=True, timeout=300)
    if told.returncode != 0 and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, timeout=300)
        told = subprocess.run(download, cwd=folder, capture_output=True, text=True, timeout=300)
    packages = list(folder.glob(f"{name}_*.deb"))
    if told.returncode != 0 or not packages:
        return told.stderr.strip()
    unpacked = subprocess.run(["dpkg-deb", "-x", packages[0], folder], capture_output=True, text=True)
    packages[0].unlink()
    return unpacked.stderr.strip() if unpacked.returncode != 0 else None
