"""Prometheus and promtool: those of the machine, else Debian's, unpacked under target/ so that no service starts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "target/prometheus"
NAMES = ("prometheus", "promtool")


def tools():
    """Paths by name; `None` with the reason told where there are none."""
    found = {name: shutil.which(name) for name in NAMES}
    if not all(found.values()):
        found = {name: FOLDER / "usr/bin" / name for name in NAMES}
        if not all(path.exists() for path in found.values()) and (reason := unpack()):
            return missing(reason)
    for path in found.values():
        if subprocess.run([path, "--version"], capture_output=True).returncode != 0:
            return missing(f"{path} does not run on this machine")
    return found


def unpack():
    """Nothing, or the reason why it could not be done."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return "prometheus is not installed, and this is no Debian: install it, so that prometheus and promtool are found"
    FOLDER.mkdir(parents=True, exist_ok=True)
    for package in FOLDER.glob("*.deb"):
        package.unlink()
    download = ["apt-get", "download", "-qq", "prometheus"]
    told = subprocess.run(download, cwd=FOLDER, capture_output=True, text=True, timeout=300)
    if told.returncode != 0 and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, timeout=300)
        told = subprocess.run(download, cwd=FOLDER, capture_output=True, text=True, timeout=300)
    packages = list(FOLDER.glob("prometheus_*.deb"))
    if told.returncode != 0 or not packages:
        return f"Debian's package prometheus cannot be had: {told.stderr.strip()}"
    unpacked = subprocess.run(["dpkg-deb", "-x", packages[0], FOLDER], capture_output=True, text=True)
    packages[0].unlink()
    return unpacked.stderr.strip() if unpacked.returncode != 0 else None


def missing(reason):
    if os.environ.get("REQUIRE_TOOLS") == "1":
        sys.exit(f"REQUIRE_TOOLS is set, and {reason}")
    print(f"SKIPPED: rules and dashboard were not tested: {reason}")
