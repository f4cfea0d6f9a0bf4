"""Libraries of the system that MXNet needs: linked from wheels that carry them, or named."""

import os
import platform
from pathlib import Path

from gluon_init.__main__ import main
from gluon_init._compat import libraries

import pytest

pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="the links are those of Linux on x86_64",
)
REAL = libraries.mxnet_folder()
BOTH = ["libgomp.so.1", "libquadmath.so.0"]


def nothing(_name):
    """A system without any of the libraries."""
    return False


@pytest.fixture
def site(tmp_path):
    """A folder like site-packages: MXNet's libraries, and the two wheels' own."""
    (tmp_path / "mxnet").mkdir()
    for library in REAL.glob("*.so*"):
        if library.name not in BOTH:
            (tmp_path / "mxnet" / library.name).symlink_to(library)
    for folder in ("scikit_learn.libs", "scipy.libs"):
        (tmp_path / folder).mkdir()
        for library in (REAL.parent / folder).glob("lib[gq]*.so*"):
            (tmp_path / folder / library.name).symlink_to(library)
    return tmp_path


def links_in(site):
    return sorted(name for name in BOTH if os.path.lexists(site / "mxnet" / name))


def test_what_is_missing_is_linked_and_then_mxnet_loads(site):
    assert libraries.link_missing(site / "mxnet", nothing) == BOTH
    assert links_in(site) == BOTH
    for name in BOTH:
        target = (site / "mxnet" / name).readlink()
        assert not target.is_absolute()
        assert (site / "mxnet" / target).exists()


def test_a_second_time_there_is_nothing_to_do(site):
    libraries.link_missing(site / "mxnet", nothing)
    assert libraries.missing(site / "mxnet", nothing) == []
    assert libraries.link_missing(site / "mxnet", nothing) == []


def test_where_the_system_has_them_nothing_is_linked(site, monkeypatch):
    monkeypatch.setattr(libraries, "_load_once", lambda folder: None)  # this one may have none
    assert libraries.link_missing(site / "mxnet", lambda name: True) == []
    assert links_in(site) == []


def test_a_link_that_leads_nowhere_is_made_anew(site):
    """As after an upgrade of scikit-learn, which renames its library."""
    (site / "mxnet" / "libgomp.so.1").symlink_to("../scikit_learn.libs/libgomp-old.so.1.0.0")
    assert "libgomp.so.1" in libraries.link_missing(site / "mxnet", nothing)
    assert (site / "mxnet" / "libgomp.so.1").exists()


def test_without_the_wheel_that_carries_it_the_package_is_named_and_no_link_stays(site):
    for library in (site / "scipy.libs").iterdir():
        library.unlink()
    with pytest.raises(ImportError, match=r"libquadmath.so.0 is missing.*pip install scipy, then"):
        libraries.link_missing(site / "mxnet", nothing)
    assert links_in(site) == []


def test_a_folder_that_cannot_be_written_to_is_named(site, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(
        ImportError, match=r"cannot be written to \(Permission denied\).*as the owner"
    ):
        libraries.link_missing(site / "mxnet", nothing)
    assert links_in(site) == []


def test_links_with_which_mxnet_still_does_not_load_are_taken_back(site):
    (site / "mxnet" / "libmxnet.so").unlink()
    (site / "mxnet" / "libmxnet.so").write_text("no library")
    with pytest.raises(ImportError, match="own library is broken: pip install --no-deps --force"):
        libraries.link_missing(site / "mxnet", nothing)
    assert links_in(site) == []


def test_the_error_of_the_import_names_all_that_is_missing_and_both_ways_out(site, monkeypatch):
    monkeypatch.setattr(libraries, "mxnet_folder", lambda: site / "mxnet")  # one without links
    message = "libgomp.so.1: cannot open shared object file: No such file or directory"
    sentence = libraries.loading_trouble(message, nothing)
    for words in (
        "MXNet needs libgomp.so.1 and libquadmath.so.0",
        "Without root: `gluon-init link-libraries` links copies",
        "if they are not here yet: pip install scikit-learn; pip install scipy.",
        "apt-get install libgomp1 libquadmath0 (Debian, Ubuntu)",
        "dnf install libgomp libquadmath (Fedora)",
    ):
        assert words in sentence
    assert "\n" not in sentence


def test_a_library_that_is_there_and_broken_counts_as_missing(site, monkeypatch):
    monkeypatch.setattr(libraries, "mxnet_folder", lambda: site / "mxnet")  # one without links
    message = "/usr/lib/x86_64-linux-gnu/libgomp.so.1: file too short"
    assert "MXNet needs libgomp.so.1 and" in libraries.loading_trouble(message, nothing)


def test_a_library_that_no_table_knows_is_named_all_the_same():
    message = "libfrob-2.so.7: cannot open shared object file: No such file or directory"
    assert "MXNet needs libfrob-2.so.7" in libraries.loading_trouble(message, nothing)
    assert libraries.loading_trouble("out of memory", nothing) is None


ARM = ["libarmpl_lp64_mp.so", "libamath.so", "libastring.so", "libgomp.so.1"]


@pytest.fixture
def arm(tmp_path, monkeypatch):
    """A folder like site-packages on Linux aarch64."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(libraries, "_load_once", lambda folder: None)  # no such build here
    for file in ("cmeel.prefix/lib/libopenblas.so.0", "scikit_learn.libs/libgomp-1.so.1.0.0"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    (tmp_path / "mxnet").mkdir()
    return tmp_path


def test_on_aarch64_openblas_stands_in_for_arms_libraries(arm):
    assert libraries.link_missing(arm / "mxnet", nothing) == ARM
    targets = {name: (arm / "mxnet" / name).readlink() for name in ARM}
    assert str(targets["libarmpl_lp64_mp.so"]) == "../cmeel.prefix/lib/libopenblas.so.0"
    assert targets["libamath.so"].name == "libm.so.6"
    assert targets["libastring.so"].name == "libc.so.6"
    assert all((arm / "mxnet" / name).exists() for name in ARM)


def test_on_aarch64_the_package_is_named_with_the_one_version_that_serves(arm, monkeypatch):
    monkeypatch.setattr(libraries, "mxnet_folder", lambda: arm / "mxnet")
    message = "libarmpl_lp64_mp.so: cannot open shared object file: No such file or directory"
    sentence = libraries.loading_trouble(message, nothing)
    assert "pip install --no-deps cmeel-openblas==0.3.23; pip install scikit-learn." in sentence
    assert "With root" not in sentence  # the system's packages alone do not help
    (arm / "cmeel.prefix" / "lib" / "libopenblas.so.0").unlink()
    with pytest.raises(ImportError, match=r"pip install --no-deps cmeel-openblas==0\.3\.23, then"):
        libraries.link_missing(arm / "mxnet", nothing)


def test_the_command_says_what_it_did(capsys):
    assert main(["link-libraries"]) == 0
    assert "MXNet's library loads" in capsys.readouterr().out


def test_the_command_without_mxnet(monkeypatch, capsys):
    monkeypatch.setattr(libraries, "mxnet_folder", lambda: None)
    assert main(["link-libraries"]) == 1
    assert "MXNet is not installed here: pip install" in capsys.readouterr().out
