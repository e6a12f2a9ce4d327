"""Servers as processes of their own, ended by the one who started them."""

import socket
import subprocess
import time


class Server:
    def __init__(self, command, folder, environment, ready, limit_s):
        """`ready` is asked for a value until it gives one, at most for `limit_s` seconds; see `readiness`."""
        self.log_path = folder / "log"
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.readiness = eventually(lambda: self.alive() and ready(self), limit_s, f"{command[0]} is ready")
        except BaseException:
            self.stop()
            print(self.log())
            raise

    def alive(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"ended with code {self.process.returncode}")
        return True

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        """The exit code; negative where a signal ended it."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(timeout=20)


def eventually(ask, limit_s, what):
    """The first value that is no `None` or `False`."""
    deadline = time.monotonic() + limit_s
    while True:
        if value := ask():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {limit_s} s: {what}")
        time.sleep(0.05)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
