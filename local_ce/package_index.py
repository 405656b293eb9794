"""A folder of wheels that pip installs from.

Stands for PyPI. It keeps pip's real protocol for offline work, ``--no-index --find-links``, and
real wheel files; a wheel that :meth:`PackageIndex.build` makes stands for the named package.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath


class PackageIndex:
    """The wheels in ``folder``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        #: The folder pip is pointed at.
        self.folder = folder

    def add(self, wheel: str | Path) -> Path:
        """Copy a wheel file into the index; return its path there.

        :raises ValueError: when it is not a wheel file.
        """
        source = Path(wheel)
        if source.suffix != ".whl" or not zipfile.is_zipfile(source):
            raise ValueError(f"{source} is not a wheel: give the path of a .whl file")
        return Path(shutil.copyfile(source, self.folder / source.name))

    def build(
        self,
        name: str,
        version: str,
        files: Mapping[str, str],
        *,
        requires: Iterable[str] = (),
        requires_python: str | None = None,
    ) -> Path:
        """Build a pure Python wheel with ``files`` into the index; return its path.

        The same arguments give the same bytes. ``requires`` are requirements as in
        ``Requires-Dist``, ``requires_python`` is for instance ``<3.9``.

        :raises ValueError: for a path that does not stay inside the wheel.
        """
        project = re.sub(r"[-_.]+", "_", name)
        info = f"{project}-{version}.dist-info"
        metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
        metadata += [f"Requires-Dist: {requirement}\n" for requirement in requires]
        if requires_python:
            metadata.append(f"Requires-Python: {requires_python}\n")
        contents = {
            **{_inside(path): text for path, text in sorted(files.items())},
            f"{info}/METADATA": "".join(metadata),
            f"{info}/WHEEL": (
                "Wheel-Version: 1.0\nGenerator: local-ce\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            ),
        }
        record = "".join(_record_line(path, text) for path, text in contents.items())
        contents[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
        target = self.folder / f"{project}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in contents.items():
                # A fixed date: the oldest one the zip format knows.
                archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
        return target

    def state(self) -> str:
        """Return a short text that changes whenever the wheels do."""
        digest = hashlib.sha256()
        for wheel in sorted(self.folder.iterdir()):
            digest.update(wheel.name.encode() + b"\0" + hashlib.sha256(wheel.read_bytes()).digest())
        return digest.hexdigest()[:16]


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise ValueError(f"{path!r} is not a path inside a wheel: use names like 'pkg/a.py'")
    return path


def _record_line(path: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"{path},sha256={digest},{len(text.encode())}\n"
