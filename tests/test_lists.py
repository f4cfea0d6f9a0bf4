"""pyproject.toml, the lock and environment.yml ask for the same things."""

import re
import sys
from pathlib import Path

from gluon_init._compat.machine import NEWEST, OLDEST

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GUARD = tomllib.loads((ROOT / "nbguard" / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64")]


def machine(python, platform):
    system, architecture = platform
    return {
        "python_version": python,
        "python_full_version": f"{python}.4",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "platform_machine": architecture,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
        "extra": "",
    }


def locked(environment, file="requirements.lock"):
    """What a lock installs on such a machine: name → version."""
    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*?) *\\?$", (ROOT / file).read_text(), re.M)
    found = {}
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is locked twice for one machine"
            (specifier,) = requirement.specifier
            found[name] = specifier.version
    return found


@pytest.mark.parametrize("platform", PLATFORMS, ids="-".join)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_fulfils_pyproject(python, platform):
    environment = machine(python, platform)
    versions = locked(environment)
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *extras["lab"], *extras["classroom"], *extras["test"]]
    wanted += GUARD["dependencies"]
    for requirement in map(Requirement, wanted):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert requirement.specifier.contains(versions[name]), (name, versions[name])
    assert versions["mxnet"] == "1.9.1"
    assert "pip" not in versions
    assert ("cmeel-openblas" in versions) == (platform == ("linux", "aarch64"))


@pytest.mark.parametrize("python", PYTHONS)
def test_the_gpu_lock_fulfils_the_gpu_extra(python):
    environment = machine(python, ("linux", "x86_64"))
    versions = locked(environment, "requirements-gpu.lock")
    assert versions.pop("mxnet-cu117") == "1.9.1"
    wanted = list(map(Requirement, PROJECT["optional-dependencies"]["gpu"]))
    assert set(versions) == {canonicalize_name(requirement.name) for requirement in wanted}
    for requirement in wanted:
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])
    assert locked(machine(python, ("darwin", "x86_64")), "requirements-gpu.lock") == {}


@pytest.mark.parametrize(
    ("file", "least"), [("requirements.lock", 100), ("requirements-gpu.lock", 5)]
)
def test_every_locked_file_has_its_hash_and_no_address(file, least):
    text = (ROOT / file).read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert len(entries) > least
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_conda_gets_what_pyproject_lists():
    *plain, by_pip = CONDA["dependencies"]
    assert by_pip == {"pip": ["-e .[lab,classroom,test]", "-e ./nbguard"]}
    (python,) = [entry for entry in plain if entry.startswith("python")]
    offered = SpecifierSet(python.removeprefix("python"))
    supported = SpecifierSet(PROJECT["requires-python"])
    versions = [f"3.{minor}.1" for minor in range(6, 18)]
    assert [v for v in versions if v in offered] == ["3.10.1", "3.11.1", "3.12.1"]
    assert [v for v in versions if v in supported] == [f"{python}.1" for python in PYTHONS]


@pytest.mark.parametrize("python", PYTHONS[3:])
def test_since_313_what_mxnet_needs_is_listed_in_its_place(python):
    """MXNet itself is installed without its list there: that list is numpy, requests, graphviz."""
    environment = machine(python, PLATFORMS[0])
    names = {
        Requirement(line).name
        for line in PROJECT["dependencies"]
        if Requirement(line).marker is None or Requirement(line).marker.evaluate(environment)
    }
    assert {"numpy", "requests", "graphviz"} <= names
    assert "mxnet" not in names


def test_the_supported_pythons_are_the_same_everywhere():

    classifiers = [c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if ":: 3." in c]
    assert classifiers == PYTHONS
    assert ".".join(map(str, OLDEST)) == PYTHONS[0]
    assert ".".join(map(str, NEWEST)) == PYTHONS[-1]


def targets():
    makefile = (ROOT / "Makefile").read_text()
    return set(re.findall(r"^([a-z]+):", makefile, re.M))


@pytest.mark.parametrize(
    "file", ["README.md", "CONTRIBUTING.md", ".github/workflows/tests.yml", ".ci/run"]
)
def test_every_make_that_is_told_is_a_target(file):
    text = (ROOT / file).read_text()
    told = set(re.findall(r"(?:^|[`&;:] ?|sudo )make ([a-z]+)", text, re.M))
    assert told
    assert told <= targets()


def test_the_workflow_runs_what_is_supported():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["python"] == PYTHONS
    (all_of_them,) = (
        step["with"]["python-version"]
        for step in jobs["matrix"]["steps"]
        if "setup-python" in step.get("uses", "")
    )
    assert all_of_them.split() == PYTHONS


def test_the_matrix_and_the_readme_name_the_supported_pythons():
    assert f"PYTHONS = {PYTHONS}".replace("'", '"') in (ROOT / "tools" / "matrix.py").read_text()
    assert f"Python {PYTHONS[0]} to {PYTHONS[-1]}" in (ROOT / "README.md").read_text()


def test_the_version_stands_in_one_place():
    import gluon_init

    files = ["pyproject.toml", "README.md", "Makefile", "CONTRIBUTING.md", "environment.yml"]
    assert "version" in PROJECT["dynamic"]
    assert [f for f in files if gluon_init.__version__ in (ROOT / f).read_text()] == []
    assert f"## {gluon_init.__version__}" in (ROOT / "CHANGELOG.md").read_text()
