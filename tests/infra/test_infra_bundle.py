"""What goes into the zips: all that a function needs and nothing else, the same each time."""

import base64
import hashlib
import subprocess
import sys
import zipfile

import pytest

from infra import bundle

pytestmark = pytest.mark.infra

UNCHECKED_HASH = b"\x01\x00\x00\x00"


@pytest.fixture
def checkout(tmp_path):
    """A small tree of the project's shape."""
    for path in (
        "functions/__init__.py",
        "functions/judge/__init__.py",
        "functions/judge/handler.py",
        "functions/record/__init__.py",
        "functions/record/handler.py",
        "shared/__init__.py",
        "shared/signals/envelope.py",
        "shared/policies/payments.yaml",
        "shared/cli/main.py",
        "shared/signals/examples/login.json",
        "shared/signals/.swp",
        "shared/signals/__pycache__/envelope.cpython-311.pyc",
        "infra/app.py",
    ):
        (tmp_path / "checkout" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "checkout" / path).write_text("HERE = __file__\n")
    return tmp_path / "checkout"


@pytest.fixture
def this_python():
    """Our own interpreter in the part of the runtime's."""
    return bundle.Compiler(sys.executable, sys.implementation.cache_tag)


def contents(built):
    """The files of a build, by their path in the zip."""
    return {path.relative_to(built.path).as_posix() for path in built.path.rglob("*") if path.is_file()}


def test_a_function_carries_its_own_folder_and_what_it_shares(checkout):
    """Neither another function nor what is there for people is uploaded; policies are."""
    built = bundle.function(checkout, checkout / ".build", "judge", None)
    assert contents(built) == {
        "functions/__init__.py",
        "functions/judge/__init__.py",
        "functions/judge/handler.py",
        "shared/__init__.py",
        "shared/signals/envelope.py",
        "shared/policies/payments.yaml",
    }


def test_the_digest_follows_the_content_alone(checkout):
    """Touching a file rebuilds nothing; changing, renaming or adding one does."""
    build = checkout / ".build"
    first = bundle.function(checkout, build, "judge", None)
    handler = checkout / "functions/judge/handler.py"
    handler.touch()
    assert bundle.function(checkout, build, "judge", None) == first
    handler.write_text("CHANGED = True\n")
    changed = bundle.function(checkout, build, "judge", None)
    assert changed.digest != first.digest
    handler.rename(handler.with_name("other.py"))
    assert bundle.function(checkout, build, "judge", None).digest not in {first.digest, changed.digest}


def test_two_functions_never_share_an_asset(checkout):
    """Even functions of equal content have digests, and so code, of their own."""
    build = checkout / ".build"
    judge, record = (bundle.function(checkout, build, name, None) for name in ("judge", "record"))
    assert judge.digest != record.digest
    assert judge.path != record.path


def test_byte_code_is_trusted_unseen_and_names_files_as_the_runtime_sees_them(checkout, this_python):
    """The runtime neither compiles nor compares, and a traceback shows `/var/task`."""
    built = bundle.function(checkout, checkout / ".build", "judge", this_python)
    compiled = sorted(path.relative_to(built.path).as_posix() for path in built.path.rglob("*.pyc"))
    tag = this_python.tag
    assert f"functions/judge/__pycache__/handler.{tag}.pyc" in compiled
    assert len(compiled) == len(list(built.path.rglob("*.py")))
    content = (built.path / f"functions/judge/__pycache__/handler.{tag}.pyc").read_bytes()
    assert content[4:8] == UNCHECKED_HASH
    assert b"/var/task/functions/judge/handler.py" in content
    assert str(checkout).encode() not in content


def test_with_and_without_byte_code_are_two_builds(checkout, this_python):
    """A build without an interpreter at hand is not mistaken for one with byte code."""
    build = checkout / ".build"
    with_code = bundle.function(checkout, build, "judge", this_python)
    assert bundle.function(checkout, build, "judge", None).digest != with_code.digest


def test_everybody_may_read_what_is_built(checkout):
    """Lambda runs the code as a user of its own."""
    secretive = checkout / "functions/judge/handler.py"
    secretive.chmod(0o600)
    built = bundle.function(checkout, checkout / ".build", "judge", None)
    assert {path.stat().st_mode & 0o777 for path in built.path.rglob("*") if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in (built.path, *built.path.rglob("*")) if path.is_dir()} == {0o755}


def test_the_quicker_of_two_builds_wins_and_the_other_leaves_nothing_behind(tmp_path):
    """Two processes that build the same thing at once both end with it."""
    out = tmp_path / "build" / "thing"

    def fill(folder):
        (folder / "file").write_text("ours")
        out.mkdir()
        (out / "file").write_text("theirs")

    assert bundle._built(out, "digest", fill) == bundle.Built(out, "digest")
    assert (out / "file").read_text() == "theirs"
    assert list(out.parent.iterdir()) == [out]


def test_a_build_that_fails_leaves_nothing_that_looks_done(checkout, this_python):
    """A syntax error says which file, and the next build starts anew."""
    (checkout / "functions/judge/handler.py").write_text("def broken(:\n")
    with pytest.raises(RuntimeError, match=r"functions/judge/handler\.py"):
        bundle.function(checkout, checkout / ".build", "judge", this_python)
    assert list((checkout / ".build").iterdir()) == []


def test_the_layer_holds_the_pinned_wheels_with_byte_code(checkout, this_python):
    """Requirements are installed by hash, under the folder that the runtime puts on its path."""
    wheel = pinned_wheel(checkout)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (checkout / "requirements.txt").write_text(
        f"--no-index\n--find-links {checkout}\ntrust==1.0 --hash=sha256:{digest}\n"
    )
    built = bundle.dependencies(checkout, checkout / ".build", this_python)
    assert {"python/trust/__init__.py", f"python/trust/__pycache__/__init__.{this_python.tag}.pyc"} <= contents(built)
    assert (
        b"/opt/python/trust"
        in (built.path / "python/trust/__pycache__" / f"__init__.{this_python.tag}.pyc").read_bytes()
    )
    assert not (built.path / "python/bin").exists()


def test_a_wheel_that_is_not_the_pinned_one_is_refused(checkout):
    """Whoever replaces a package does not get into the layer."""
    pinned_wheel(checkout)
    (checkout / "requirements.txt").write_text(
        f"--no-index\n--find-links {checkout}\ntrust==1.0 --hash=sha256:{'0' * 64}\n"
    )
    with pytest.raises(RuntimeError, match=r"(?i)hash"):
        bundle.dependencies(checkout, checkout / ".build", None)


def test_an_interpreter_that_is_nowhere_is_not_found():
    """Then the sources are shipped alone."""
    assert bundle.find_compiler("3.99") is None


def test_our_own_interpreter_is_found_first():
    """Whoever runs the runtime's minor version needs no other."""
    found = bundle.find_compiler(".".join(str(part) for part in sys.version_info[:2]))
    assert found is not None
    assert str(found.python) == sys.executable
    seen = subprocess.run([found.python, "-c", "print('ok')"], capture_output=True, text=True, check=True)
    assert seen.stdout == "ok\n"


def pinned_wheel(folder):
    """A wheel of one pure module, with a script, as small as they come."""
    files = {
        "trust/__init__.py": "HERE = __file__\n",
        "trust-1.0.data/scripts/trust": "#!python\nprint('trust')\n",
        "trust-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: trust\nVersion: 1.0\n",
        "trust-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},sha256={_urlsafe(text)},{len(text)}" for name, text in files.items()]
    files["trust-1.0.dist-info/RECORD"] = "\n".join([*record, "trust-1.0.dist-info/RECORD,,", ""])
    wheel = folder / "trust-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def _urlsafe(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
