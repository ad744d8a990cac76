"""What goes into the functions' zips, built without Docker before CDK looks at it.

Each build lies in a folder named by the digest of everything that goes into it, so an unchanged build is found, not
repeated, and its asset hash is the digest. (CDK's own local-bundling hook keys its cache on less than that, and can
give two functions the same code.)
"""

import errno
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

RUNTIME_VERSION = "3.13"
# For people: no function reads them.
_LEFT_OUT = ("shared/cli", "shared/signals/examples")


@dataclass(frozen=True)
class Built:
    """A folder to be zipped, and the digest of what it was made from."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Compiler:
    """An interpreter of the runtime's minor version, whose byte code the runtime accepts."""

    python: Path
    tag: str


@dataclass(frozen=True)
class Target:
    """What wheels are chosen for. Lambda's Amazon Linux 2023 on Graviton has a newer C library than the platform's."""

    version: str = RUNTIME_VERSION
    platform: str = "aarch64-manylinux_2_28"


LAMBDA = Target()


def dependencies(root: Path, build: Path, compiler: Compiler | None, target: Target = LAMBDA) -> Built:
    """The layer: everything `requirements.txt` pins, as wheels for the target."""
    requirements = root / "requirements.txt"
    pinned = [(f"{requirements.name} {target}", requirements.read_bytes())]
    digest = _digest("dependencies", pinned, compiler)

    def fill(folder: Path) -> None:
        packages = folder / "python"
        _run(
            [
                *(_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
                *("--requirement", str(requirements), "--target", str(packages), "--link-mode", "copy"),
                *("--python-version", target.version, "--python-platform", target.platform, "--only-binary", ":all:"),
            ],
        )
        shutil.rmtree(packages / "bin", ignore_errors=True)
        (packages / ".lock").unlink(missing_ok=True)
        _compile(folder, "/opt", compiler)

    return _built(build / f"dependencies-{digest}", digest, fill)


def function(root: Path, build: Path, name: str, compiler: Compiler | None) -> Built:
    """One function's own code: its folder, and `shared` without the command line."""
    files = list(_sources_of(root, name))
    digest = _digest(name, [(path.relative_to(root).as_posix(), path.read_bytes()) for path in files], compiler)

    def fill(folder: Path) -> None:
        for path in files:
            target = folder / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _compile(folder, "/var/task", compiler)

    return _built(build / f"{name}-{digest}", digest, fill)


def placeholder(build: Path) -> Built:
    """Stands in for any code, where only the template is wanted."""
    digest = hashlib.sha256(b"placeholder").hexdigest()

    def fill(folder: Path) -> None:
        (folder / "README").write_text("Synthesised with `-c bundle=none`: the code was left out.\n")

    return _built(build / "placeholder", digest, fill)


@functools.cache
def find_compiler(version: str = RUNTIME_VERSION) -> Compiler | None:
    """The first interpreter of this minor version among our own, PATH's, pyenv's and uv's; `None` if there is none."""
    for python in _interpreters(version):
        seen = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.cache_tag)"],
            capture_output=True,
            text=True,
            check=False,  # a pyenv shim is on PATH even where the version behind it is not in force
        )
        if seen.returncode == 0 and seen.stdout.split()[0] == version:
            return Compiler(Path(python), seen.stdout.split()[1])
    return None


def _interpreters(version: str) -> Iterator[str]:
    yield sys.executable
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(python) for python in sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True))
    found = subprocess.run(
        [_uv(), "python", "find", "--quiet", "--system", "--no-python-downloads", version],
        capture_output=True,
        text=True,
        check=False,  # uv fails when it knows of none, which is an answer
    )
    if found.returncode == 0:
        yield found.stdout.strip()


def _sources_of(root: Path, name: str) -> Iterator[Path]:
    yield root / "functions" / "__init__.py"
    left_out = [root / path for path in _LEFT_OUT]
    for folder in (root / "functions" / name, root / "shared"):
        for path in sorted(folder.rglob("*")):
            unwanted = any(path.is_relative_to(one) for one in left_out)
            made = any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts)
            if path.is_file() and not unwanted and not made:
                yield path


def _digest(what: str, files: list[tuple[str, bytes]], compiler: Compiler | None) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())  # another way to build is another build
    for name, content in [(what, (compiler.tag if compiler else "source").encode()), *files]:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _built(out: Path, digest: str, fill: Callable[[Path], None]) -> Built:
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f"{out.name}."))
        try:
            fill(folder)
            _readable(folder)
            folder.rename(out)
        except OSError as error:
            # Another process was quicker with the same build: then its folder is as good as ours.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return Built(out, digest)


def _compile(folder: Path, mounted_at: str, compiler: Compiler | None) -> None:
    """Writes byte code that is trusted without looking at the sources, and names them as the runtime will see them."""
    if compiler:
        _run(
            [
                *(str(compiler.python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
                *("-s", str(folder), "-p", mounted_at, str(folder)),
            ],
            # The order of a constant set is part of the byte code, and that belongs beside its source.
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": ""},
        )


def _readable(folder: Path) -> None:
    """Lambda's own user reads the code, whoever built it, under whatever umask."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}".rstrip())


def _uv() -> str:
    beside_python = Path(sys.executable).with_name("uv")
    found = str(beside_python) if beside_python.exists() else shutil.which("uv")
    if not found:
        raise RuntimeError("uv is not installed beside this Python nor on PATH: `make` sets it up, or `pip install uv`")
    return found
