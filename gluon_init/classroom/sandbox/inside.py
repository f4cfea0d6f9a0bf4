"""The first program in the sandbox: copies the files, becomes nobody, sets limits, is the kernel.

It runs as a script, by any Python 3 and without this package; bubblewrap itself limits nothing.
"""

import json
import os
import resource
import shutil
import sys
from pathlib import Path


def main() -> None:
    """Ends as the command that follows the settings, a JSON object, among the arguments."""
    settings, command = json.loads(sys.argv[1]), sys.argv[2:]
    work, submission = Path(settings["work"]), Path(settings["submission"])
    work.mkdir(parents=True, exist_ok=True)
    if submission.is_dir():
        shutil.copytree(submission, work, dirs_exist_ok=True)
    if settings["uid"] is not None:
        give_away(settings["home"], settings["uid"])
        # root is not held by a limit on processes, and could undo what is mounted read-only.
        os.setgroups([])
        os.setgid(settings["uid"])
        os.setuid(settings["uid"])
    for name, value in settings["limits"].items():
        lower(getattr(resource, name), value)
    os.chdir(work)
    os.execvp(command[0], command)


def give_away(folder: str, uid: int) -> None:
    """Makes all of a folder another user's."""
    os.chown(folder, uid, uid)
    for path in Path(folder).rglob("*"):
        os.chown(path, uid, uid, follow_symlinks=False)


def lower(kind: int, value: int) -> None:
    """Sets a limit, where the one that is there is not lower already."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    main()
