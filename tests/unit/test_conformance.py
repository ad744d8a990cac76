"""What `make conformance` needs, and what it says where that is missing."""

import stat
from pathlib import Path

import pytest

from tests.conformance import dynamodb_local
from tests.conformance.dynamodb_local import UnavailableError, installed, java, java_version

pytestmark = pytest.mark.unit

SEVENTEEN = 'openjdk version "17.0.15" 2025-04-15'
EIGHT = 'java version "1.8.0_392"'


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def a_java(folder: Path, version: str, modules: str = "jdk.compiler@17") -> None:
    program(folder, "java", f"[ $1 = --list-modules ] && echo '{modules}' || echo '{version}' >&2")


@pytest.fixture(autouse=True)
def only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program is found but those that a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(dynamodb_local, "FOLDER", tmp_path / "conformance")


@pytest.mark.parametrize(("told", "version"), [(SEVENTEEN, 17), (EIGHT, 8), ('openjdk version "21"', 21), ("", None)])
def test_a_version_is_read_from_what_java_tells(told: str, version: int | None) -> None:
    """Before 9 the major version stood second."""
    assert java_version(told) == version


def test_a_java_that_will_do_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the PATH, or where JAVA_HOME says."""
    a_java(tmp_path, SEVENTEEN)
    assert java() == str(tmp_path / "java")

    home = tmp_path / "home" / "bin"
    home.mkdir(parents=True)
    a_java(home, SEVENTEEN)
    monkeypatch.setenv("JAVA_HOME", str(home.parent))
    assert java() == str(home / "java")


def test_a_missing_java_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With where it was looked for."""
    with pytest.raises(UnavailableError, match="needs a JDK 11 or newer; there is no `java` on the PATH"):
        java()
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(UnavailableError, match=r"there is no `java` in JAVA_HOME \(/nowhere\)"):
        java()


@pytest.mark.parametrize(
    ("version", "modules", "said"),
    [
        (EIGHT, "", "is Java 8. Name a newer one with JAVA_HOME"),
        (SEVENTEEN, "java.base@17", r"without a compiler \(a JRE\)"),
        ("hello", "", "does not say which it is: 'hello'"),
    ],
)
def test_a_java_that_will_not_do_is_told(tmp_path: Path, version: str, modules: str, said: str) -> None:
    """With what is wrong with it."""
    a_java(tmp_path, version, modules)
    with pytest.raises(UnavailableError, match=said):
        java()


def test_a_missing_npm_is_told() -> None:
    """With what it is for."""
    with pytest.raises(UnavailableError, match="there is no `npm` to download amplify-dynamodb-simulator"):
        installed()


def test_a_download_that_fails_is_told(tmp_path: Path) -> None:
    """In npm's own words, and nothing is left that looks installed."""
    program(tmp_path, "npm", "echo 'E404 no such package' >&2; exit 1")
    with pytest.raises(UnavailableError, match=r"(?s)npm pack .* failed:.*E404 no such package"):
        installed()
    assert list((tmp_path / "conformance").iterdir()) == []


def test_a_package_that_is_another_one_is_refused(tmp_path: Path) -> None:
    """It is not even unpacked."""
    program(tmp_path, "npm", "echo other > amplify-dynamodb-simulator-2.9.30.tgz")
    with pytest.raises(UnavailableError, match="is not what it was: its SHA-512 is"):
        installed()
    assert list((tmp_path / "conformance").iterdir()) == []
