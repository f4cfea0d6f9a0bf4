"""The Dockerfile, the dev container, Binder's folder, the README and the Makefile say the same."""

import fnmatch
import importlib.util
import json
import re
import shlex
from pathlib import Path, PurePosixPath

from gluon_init._compat.machine import NEWEST, OLDEST, problem

import pytest
import yaml

ROOT = Path(__file__).parent.parent
TARGETS = ["test", "lab"]
# The Python of each Debian that a Dockerfile may be made from.
PYTHON_OF_DEBIAN = {"bookworm": (3, 11), "trixie": (3, 13)}


def load(path):
    """A script of tools/, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


dockerfile = load(ROOT / "tools" / "fresh_machine" / "dockerfile.py")
STAGES = dockerfile.stages(dockerfile.instructions((ROOT / "Dockerfile").read_text()))
DEVCONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())


def steps(target, *names):
    """The arguments of a target's instructions of these names, from its base image on."""
    _, found = dockerfile.steps_to(target, STAGES)
    return [one.rest for one in found if one.name in names]


def words_of_command(target):
    return json.loads(steps(target, "CMD")[-1])


def verbs_of_makefile():
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))


def readme_packages():
    """What the README has users of Debian install, as tools/fresh_machine.sh reads it."""
    text = (ROOT / "README.md").read_text()
    before_the_commands = re.search(r"^## Two commands$(.*?)^```", text, re.M | re.S)[1]
    return set(re.findall(r"`([a-z][a-z0-9.-]*)`", before_the_commands))


def ignored_patterns():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_ignored(path):
    """Whether Docker would leave out a file, by the two kinds of lines that .dockerignore has."""
    parts = PurePosixPath(path).parts
    for pattern in ignored_patterns():
        anywhere = pattern.startswith("**/")
        name = pattern.removeprefix("**/").removesuffix("/")
        if any(fnmatch.fnmatch(part, name) for part in (parts if anywhere else parts[:1])):
            return True
    return False


def sources():
    """What every checkout holds, from the root; told by its kind, since a container has no git."""
    kinds = {".py", ".ipynb", ".sh", ".md", ".yml", ".toml", ".lock", ".png", ".typed", ""}
    made = {".venv", ".book", ".matrix", ".git", "__pycache__", ".ipynb_checkpoints", "dist"}
    for folder in [ROOT, *(ROOT / name for name in ["gluon_init", "notebooks", "tests", "tools"])]:
        for path in folder.glob("*") if folder == ROOT else folder.rglob("*"):
            parts = path.relative_to(ROOT).parts
            measured = path.name.startswith(".coverage")  # by `make coverage`
            if path.is_file() and path.suffix in kinds and not measured and not made & set(parts):
                yield "/".join(parts)


def test_the_last_target_is_the_lab():
    assert list(STAGES)[-1] == "lab"
    assert set(TARGETS) <= set(STAGES)


@pytest.mark.parametrize("target", TARGETS)
def test_docker_installs_what_the_readme_names_and_nothing_else(target):
    (install,) = [run for run in steps(target, "RUN") if "apt-get install" in run]
    options_and_packages = install.split("apt-get install", 1)[1].split("&&")[0].split()
    packages = {word for word in options_and_packages if not word.startswith("-")}
    assert packages == readme_packages()
    assert "--no-install-recommends" in options_and_packages
    assert "rm -rf /var/lib/apt/lists/*" in install


@pytest.mark.parametrize("target", TARGETS)
def test_the_base_image_has_a_supported_python_and_both_processors(target):
    base, _ = dockerfile.steps_to(target, STAGES)
    suite = re.fullmatch(r"debian:(\w+)-slim", base)[1]
    assert OLDEST <= PYTHON_OF_DEBIAN[suite] <= NEWEST
    assert "--platform" not in (ROOT / "Dockerfile").read_text()
    for machine in ["x86_64", "aarch64"]:
        assert problem("Linux", machine, PYTHON_OF_DEBIAN[suite]) is None


@pytest.mark.parametrize("target", TARGETS)
def test_the_environment_is_made_by_make_and_from_the_lock(target):
    _, found = dockerfile.steps_to(target, STAGES)
    texts = [f"{one.name} {one.rest}" for one in found]
    made = texts.index("RUN make env")
    copied = " ".join(text for text in texts[:made] if text.startswith("COPY"))
    for needed in ["requirements.lock", "pyproject.toml", "tools/make_env.sh", "Makefile"]:
        assert needed in copied
    assert "notebooks" not in copied
    assert "tests" not in copied
    assert not any("pip install" in text for text in texts)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_runs_as_root_once_the_system_is_there(target):
    _, found = dockerfile.steps_to(target, STAGES)
    user = steps(target, "USER")
    assert user == ["learner"]
    names = [one.name for one in found]
    after = found[names.index("USER") :]
    assert not any("apt-get" in one.rest for one in after)
    owners = [one.rest.split()[0] for one in after if one.name == "COPY"]
    assert set(owners) == {"--chown=learner:learner"}


@pytest.mark.parametrize("target", TARGETS)
def test_every_source_that_is_copied_exists_and_reaches_docker(target):
    for copy in steps(target, "COPY"):
        *sources, _ = [word for word in shlex.split(copy) if not word.startswith("--")]
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not is_ignored(source), source


@pytest.mark.parametrize("target", TARGETS)
def test_the_commands_are_verbs_of_the_makefile(target):
    command, verb, *_ = words_of_command(target)
    assert command == "make"
    assert verb == target
    assert verb in verbs_of_makefile()


def test_the_port_is_the_same_everywhere():
    assert steps("lab", "EXPOSE") == ["8888"]
    assert "--port=8888" in words_of_command("lab")[2]
    assert "--ip=0.0.0.0" in words_of_command("lab")[2]
    assert "127.0.0.1:8888/api" in steps("lab", "HEALTHCHECK")[0]
    assert DEVCONTAINER["forwardPorts"] == [8888]


def test_the_dev_container_is_made_from_the_dockerfile():
    folder = ROOT / ".devcontainer"
    build = DEVCONTAINER["build"]
    assert (folder / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / build["context"]).resolve() == ROOT
    assert build["target"] in STAGES
    assert steps(build["target"], "USER") == [DEVCONTAINER["remoteUser"]]
    command, verb = DEVCONTAINER["postCreateCommand"].split()
    assert command == "make"
    assert verb in verbs_of_makefile()
    editor = DEVCONTAINER["customizations"]["vscode"]
    assert editor["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


def test_docker_leaves_out_what_git_does_and_nothing_that_is_committed():
    lines = [line for line in (ROOT / ".gitignore").read_text().splitlines() if line]
    assert ignored_patterns() == [".git", *(f"**/{line}" for line in lines)]
    found = list(sources())
    assert len(found) > 100
    assert [path for path in found if is_ignored(path)] == []
    assert all(map(is_ignored, [".git/HEAD", ".venv/bin/python", "tests/__pycache__/a.pyc"]))


def test_binder_has_a_folder_of_its_own_with_a_supported_python():
    """Without that folder Binder takes the Dockerfile, whose command is not Binder's."""
    conda = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())
    (python,) = [entry for entry in conda["dependencies"] if entry.startswith("python")]
    version = tuple(map(int, python.split("=")[1].split(".")))
    # pip cannot lift MXNet's numpy<2, of which the newer ones have no build
    assert OLDEST <= version <= (3, 12)
    script = ROOT / "binder" / "postBuild"
    assert script.stat().st_mode & 0o111, "Binder runs it only where it is executable"
    assert "gluon-init link-libraries" in script.read_text()


def test_the_script_for_a_fresh_machine_has_all_steps_of_a_target():
    script = dockerfile.main(ROOT, "trixie", "test")
    for step in steps("test", "RUN", "COPY"):
        assert shlex.quote(step) in script or step in script
    assert "as_user learner env make test" in script


def test_an_instruction_that_is_not_known_ends_the_script(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim AS lab\nADD a b\n")
    with pytest.raises(SystemExit, match="ADD is not known"):
        dockerfile.main(tmp_path, "trixie", "lab")
    with pytest.raises(SystemExit, match="the suite cannot be sid"):
        dockerfile.main(tmp_path, "sid", "lab")
    with pytest.raises(SystemExit, match="no target 'all'"):
        dockerfile.main(tmp_path, "trixie", "all")
