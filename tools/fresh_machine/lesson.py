"""Starts JupyterLab, asks it for a notebook, and runs all its cells in the kernel that it serves.

``lesson.py [--meanwhile COMMAND] NOTEBOOK -- COMMAND...``: COMMAND starts JupyterLab, as in
``make lab``; the address is read from what it prints, as a person would. ``--meanwhile`` is run
once while it serves. The exit code is 0 where each cell has run without an error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import IO, Any

import websocket  # websocket-client, which JupyterLab's server needs itself

ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/\S*\?token=([0-9a-f]+)")
PATIENCE = 600  # seconds without a word, after which something is stuck


class Server:
    """A running JupyterLab, by its address and token."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.token = token
        # The way to this machine itself never goes through a proxy.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, path: str, body: Any = None) -> bytes:
        """The answer to GET, or to POST where there is a body; raises on any other than success."""
        request = urllib.request.Request(
            self.address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=PATIENCE) as answer:
            content: bytes = answer.read()
        return content

    def wait(self) -> None:
        """Until it answers: the address is printed a moment before that."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("/api")
                return
            except urllib.error.URLError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def channels(self, kernel: str) -> websocket.WebSocket:
        """The line to a kernel which JupyterLab's own page uses."""
        return websocket.create_connection(
            f"{self.address.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels",
            header=[f"Authorization: token {self.token}"],
            timeout=PATIENCE,
        )


def start(command: list[str]) -> tuple[subprocess.Popen[str], Server]:
    """Starts JupyterLab in a process group of its own, and reads where it is."""
    lab = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert lab.stdout is not None
    for line in lab.stdout:
        print("  |", line, end="", flush=True)
        found = ADDRESS.search(line)
        if found:
            threading.Thread(target=show, args=[lab.stdout], daemon=True).start()
            return lab, Server(found[1], found[2])
    sys.exit(f"`{' '.join(command)}` ended with code {lab.wait()} and named no address.")


def show(lines: IO[str]) -> None:
    """Shows what JupyterLab goes on to print."""
    for line in lines:
        print("  |", line, end="", flush=True)


def run_cell(line: websocket.WebSocket, code: str) -> str | None:
    """Runs one cell; returns the error's text, or None."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "session": uuid.uuid4().hex,
        "username": "",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
    line.send(json.dumps({**message, "content": content}))
    while True:
        answer = json.loads(line.recv())
        ours = answer["parent_header"].get("msg_id") == header["msg_id"]
        if ours and answer["channel"] == "shell":
            break
    if answer["content"]["status"] == "ok":
        return None
    return "\n".join(answer["content"].get("traceback", ["the kernel gave up"]))


def run_notebook(server: Server, path: str) -> int:
    """Runs all cells of the notebook as the server has it; returns how many failed."""
    page = server.ask(f"/lab/tree/{path}").decode()
    if "jupyter-config-data" not in page:
        sys.exit(f"/lab/tree/{path} is not JupyterLab's page: {page[:200]}")
    cells = json.loads(server.ask(f"/api/contents/{path}"))["content"]["cells"]
    session = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
    kernel = json.loads(server.ask("/api/sessions", session))["kernel"]["id"]
    line = server.channels(kernel)
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    if not codes:
        sys.exit(f"{path} has no cells to run.")
    failed = 0
    for number, code in enumerate(codes, start=1):
        error = run_cell(line, code)
        if error:
            failed += 1
            print(f"{path}, cell {number} of {len(codes)} failed:\n{code}\n{error}", flush=True)
    line.close()
    print(f"{path}: {len(codes) - failed} of {len(codes)} cells ran in the served kernel")
    return failed


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--meanwhile", help="a shell command to run while JupyterLab serves")
    parser.add_argument("notebook")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    lab, server = start(asked.command)
    try:
        server.wait()
        failed = run_notebook(server, asked.notebook)
        if asked.meanwhile:
            print(f"meanwhile: {asked.meanwhile}", flush=True)
            subprocess.run(asked.meanwhile, shell=True, check=True)
        server.ask("/api/shutdown", {})
        lab.wait(timeout=PATIENCE)
    finally:
        if lab.poll() is None:
            os.killpg(lab.pid, signal.SIGKILL)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
