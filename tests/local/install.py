"""Makes .venv with the servers of requirements.txt, once for each state of that file and of this one.

PyPI has torch for Linux with CUDA only, which asks for some gigabytes of libraries that a processor never calls. So
nothing is installed that requirements.txt does not name, and an empty library stands for each one that is missing.
That holds as long as functions are bound when they are called, not when torch is loaded.
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / "installed"

# llama.cpp without what depends on the machine it is built on, and without its tools for images.
LLAMA_CPP = "-DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAVA_BUILD=OFF"


def main():
    state = hashlib.sha256((HERE / "requirements.txt").read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == state:
        return
    venv.create(VENV, with_pip=True, clear=True)
    (VENV / ".gitignore").write_text("*\n")
    environment = {"CMAKE_ARGS": LLAMA_CPP, "CMAKE_BUILD_PARALLEL_LEVEL": "2", **os.environ}
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "-r", HERE / "requirements.txt"], env=environment, check=True)
    if sys.platform == "linux":
        stand_in_for_cuda()
    subprocess.run([PYTHON, "-c", "import torch, transformers, llama_cpp"], check=True)
    STAMP.write_text(state)


def stand_in_for_cuda():
    (packages,) = VENV.glob("lib/python*/site-packages")
    libraries = packages / "torch/lib"
    if not (libraries / "libtorch_cuda.so").exists():
        return
    (packages / "bind_late.pth").write_text("import os, sys; sys.setdlopenflags(os.RTLD_LAZY)\n")
    told = subprocess.run(["ldd", libraries / "libtorch_cuda.so"], capture_output=True, text=True, check=True).stdout
    told += subprocess.run(["ldd", libraries / "libtorch_cpu.so"], capture_output=True, text=True, check=True).stdout
    for name in sorted(set(re.findall(r"(\S+) => not found", told))):
        make_library(libraries / name)


def make_library(path):
    source, versions = "", ""
    if path.name.startswith("libnvshmem_host"):
        # The one variable among all these functions: it must be there at once, and with its version.
        source, versions = "char nvshmem_selected_device_transport[64];", "NVSHMEM { global: *; };"
    script = path.with_suffix(".versions")
    script.write_text(versions)
    linked = [f"-Wl,-soname,{path.name}", *([f"-Wl,--version-script={script}"] if versions else [])]
    command = ["cc", "-shared", "-fPIC", "-o", path, *linked, "-x", "c", "-"]
    subprocess.run(command, input=source, text=True, check=True)


if __name__ == "__main__":
    main()
