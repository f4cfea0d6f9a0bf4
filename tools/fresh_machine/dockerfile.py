"""Turns a Dockerfile into a shell script with the same steps, for a fresh machine without Docker.

``dockerfile.py CONTEXT SUITE TARGET`` prints the script. It knows the instructions that this
project's Dockerfile uses, and refuses any other. What differs from an image: the base is Debian's
minimal system by debootstrap, where a slim image also leaves out manuals and translations; the
context holds what is committed, not what lies about; no layer is kept; CMD runs at once.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LESSON = "01_lazy_shapes.ipynb"
HEAD = """#!/bin/sh
set -eu
. /srv/fresh_machine/steps.sh
"""


class Instruction(NamedTuple):
    """One instruction, with the lines that belong to it joined."""

    name: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, in order."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = []
    for line in filter(str.strip, joined.splitlines()):
        name, _, rest = line.strip().partition(" ")
        found.append(Instruction(name.upper(), rest.strip()))
    return found


def stages(found: list[Instruction]) -> dict[str, tuple[str, list[Instruction]]]:
    """Name of each stage → what it is made from, and its own instructions."""
    result: dict[str, tuple[str, list[Instruction]]] = {}
    for one in found:
        if one.name == "FROM":
            base, _, name = one.rest.partition(" AS ")
            result[name] = (base, [])
        else:
            next(reversed(result.values()))[1].append(one)
    return result


def steps_to(target: str, all_stages: dict[str, tuple[str, list[Instruction]]]) -> tuple[str, list]:
    """The base image below a target, and all instructions from there to the target."""
    base, own = all_stages[target]
    if base not in all_stages:
        return base, own
    lowest, before = steps_to(base, all_stages)
    return lowest, before + own


class Script:
    """The script so far, and what Docker keeps from one instruction to the next."""

    def __init__(self, context: Path) -> None:
        self.context = context
        self.lines: list[str] = []
        self.user = "root"
        self.folder = PurePosixPath("/")
        self.variables: list[str] = []
        self.healthcheck = ""
        self.command: list[str] = []
        self.serves = False

    def step(self, name: str, *command: str) -> None:
        """Adds a command that is run and noted."""
        self.lines.append(shlex.join(["step", name, *command]))

    def run(self, name: str, *command: str) -> None:
        """Adds a command that is run as the user, in the folder and with the variables in force."""
        prefix = ["in_folder", str(self.folder), "as_user", self.user, "env", *self.variables]
        self.step(name, *prefix, *command)

    def copy(self, rest: str) -> None:
        """COPY: files and the contents of folders, owned as it says."""
        words = shlex.split(rest)
        owner = "root"
        while words[0].startswith("--"):
            option, _, value = words.pop(0).partition("=")
            if option != "--chown":
                sys.exit(f"Dockerfile: COPY {option} is not known here.")
            owner = value.partition(":")[0]
        *sources, goal = words
        for source in sources:
            if not (self.context / source).exists():
                sys.exit(f"Dockerfile: COPY {source}: there is no such file in this commit.")
        self.step(f"COPY {rest}", "copy_in", owner, str(self.folder / goal), *sources)

    def add(self, one: Instruction) -> None:
        """Adds one instruction."""
        if one.name == "RUN":
            self.run(f"RUN {one.rest}", "/bin/sh", "-c", one.rest)
        elif one.name == "COPY":
            self.copy(one.rest)
        elif one.name == "USER":
            self.user = one.rest
        elif one.name == "WORKDIR":
            self.folder = self.folder / one.rest
            self.step(f"WORKDIR {one.rest}", "mkdir", "-p", str(self.folder))
        elif one.name == "ENV":
            self.variables += shlex.split(one.rest)
        elif one.name == "EXPOSE":
            self.serves = True
        elif one.name == "HEALTHCHECK":
            self.healthcheck = one.rest.partition("CMD ")[2]
        elif one.name == "CMD":
            self.command = json.loads(one.rest)
        else:
            sys.exit(f"Dockerfile: {one.name} is not known here.")

    def finish(self) -> str:
        """The whole script: at its end CMD is run, and asked for a lesson where it serves."""
        name = f"CMD {shlex.join(self.command)}"
        if self.serves:
            meanwhile = ["--meanwhile", self.healthcheck] if self.healthcheck else []
            asking = [".venv/bin/python", "/srv/fresh_machine/lesson.py", *meanwhile, LESSON, "--"]
            self.run(f"{name}, and a lesson in it", *asking, *self.command)
        elif self.command:
            self.run(name, *self.command)
        self.lines.append(f"note_versions {self.folder}/.venv/bin/python")
        return HEAD + "\n".join(self.lines) + "\n"


def main(context: Path, suite: str, target: str) -> str:
    """The script for a target; ends with a sentence where it cannot be made."""
    all_stages = stages(instructions((context / "Dockerfile").read_text()))
    if target not in all_stages:
        sys.exit(f"Dockerfile: there is no target '{target}', only {', '.join(all_stages)}.")
    base, steps = steps_to(target, all_stages)
    if base != f"debian:{suite}-slim":
        sys.exit(f"Dockerfile: it is made from {base}, so the suite cannot be {suite}.")
    script = Script(context)
    for one in steps:
        script.add(one)
    return script.finish()


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]), end="")
