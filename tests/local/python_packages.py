"""Packages from PyPI that a test needs, in a `.venv` beside it."""

import hashlib
import subprocess
import venv
from pathlib import Path


def install(folder):
    """Those of the folder's requirements.txt, once for each state of that file."""
    environment = Path(folder) / ".venv"
    state = hashlib.sha256((folder / "requirements.txt").read_bytes()).hexdigest()
    stamp = environment / "installed"
    if stamp.exists() and stamp.read_text() == state:
        return
    venv.create(environment, with_pip=True, clear=True)
    (environment / ".gitignore").write_text("*\n")
    pip = [environment / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", folder / "requirements.txt"], check=True)
    stamp.write_text(state)
