"""Reads a policy's source from a folder: its documents, and the files of its lists."""

from pathlib import Path

from shared.policy.documents.list_files import FOLDER, decoded
from shared.policy.problems import Findings, Problem, Source, Span

MAX_BYTES = 8_000_000
"""No file that could be taken is larger; what is larger is not even read."""


def texts_of(directory: Path) -> dict[str, str]:
    """A policy's source by name, `*.yaml` and `lists/*.txt`: what is checked, published and read again.

    Raises `PolicyError` for files that are no text, or too large, and `OSError` for those that cannot be read.
    """
    texts: dict[str, str] = {}
    findings = Findings()
    paths = {path.name: path for path in sorted(directory.glob("[!.]*.yaml"))}
    paths |= {f"{FOLDER}{path.name}": path for path in sorted((directory / FOLDER).glob("[!.]*.txt"))}
    for name, path in paths.items():
        text = _text(name, path)
        if isinstance(text, Problem):
            findings.problems.append(text)
        else:
            texts[name] = text
    findings.raise_if_any()
    return texts


def _text(name: str, path: Path) -> str | Problem:
    size = path.stat().st_size
    if size > MAX_BYTES:
        return Problem(f"the file has {size:,} bytes; at most {MAX_BYTES:,} are read", Span(Source(name, ""), 1, 1))
    return decoded(name, path.read_bytes())
