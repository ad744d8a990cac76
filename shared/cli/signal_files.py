"""Files of signals, as commands read them: JSON lines, gzipped where the name ends in .gz."""

import gzip
import zlib
from collections.abc import Generator
from pathlib import Path

from shared.cli.telling import refuse


def lines_of(file: Path) -> Generator[bytes, None, None]:
    """The lines, one at a time; ends the command where the file cannot be read."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            yield from opened
    except (OSError, EOFError, zlib.error) as error:
        refuse(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}")
