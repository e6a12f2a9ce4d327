"""Real agents against scripted providers, through a built router: `python3 -B tests/agents/run.py [WORD …]`.

Each case is a process in a network of its own with nothing but the loopback device, where the user may have one. With words,
only cases whose names hold all of them are run. `--quick`: one or two of each client's API. `--jobs N` at once; `--list` shows
them.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compacting
import editing
import failing
import network

CASE_SECONDS = 400


def all_cases():
    return dict(case for part in (editing, compacting, failing) for case in part.cases())


def quick_cases():
    """Each API of each client in front of another provider, a summary, and a provider that takes over."""
    providers = ["anthropic", "gemini", "responses", "chat", "anthropic", "gemini", "ollama", "responses"]
    apis = [(name, api) for name, client in editing.CLIENTS.items() for api in client.APIS]
    edits = [f"{name} {api} on {provider}: edits a file" for (name, api), provider in zip(apis, providers, strict=True)]
    return [*edits, "codex unknown on anthropic: goes on from a summary as an item", "codex unknown on gemini: anthropic takes over"]


def those_installed(names):
    """Not everything is there for every kind of machine."""
    missing = [name for name, client in editing.CLIENTS.items() if not pathlib.Path(client.BINARY).exists()]
    for name in missing:
        print(f"{name} is not installed: its cases are skipped, with REQUIRE_TOOLS=1 they fail")
    if os.environ.get("REQUIRE_TOOLS"):
        return names
    return [name for name in names if name.split()[0] not in missing]


def run_one(name, is_apart):
    if is_apart:
        network.enter()
    all_cases()[name]()
    if is_apart:
        found = network.attempts()
        assert not found, f"something else than the router was called: {found}"


def start(name, prefix):
    command = [*(prefix or []), sys.executable, "-B", __file__, "--one", name, *(["--apart"] if prefix else [])]
    begun = time.monotonic()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=CASE_SECONDS)
        fault = "" if done.returncode == 0 else done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        fault = f"not done after {CASE_SECONDS} s\n{late.stdout}\n{late.stderr}"
    return name, fault, time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--apart", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        return run_one(arguments.one, arguments.apart)
    names = quick_cases() if arguments.quick else list(all_cases())
    names = [name for name in names if all(word in name for word in arguments.words)]
    if arguments.list:
        print("\n".join(names))
        return None
    names = those_installed(names)
    prefix = network.prefix()
    if prefix is None:
        print("this user may have no network of its own: whether something else is called is not looked at")
    faults = []
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(start, name, prefix) for name in names]):
            name, fault, seconds = done.result()
            print(f"{'FAILED' if fault else 'ok    '} {name} ({seconds:.1f} s)", flush=True)
            if fault:
                faults.append(name)
                print(fault, flush=True)
    print(f"{len(names) - len(faults)} of {len(names)} passed in {time.monotonic() - begun:.0f} s")
    for name in faults:
        print(f"failed: {name}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
