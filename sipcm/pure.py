"""Make the import system pass over the compiled modules of this package (``SIPCM_PURE=1``)."""

import os
import sys

from sipcm.annotation import Iterable


def is_forced() -> bool:
    """Tell whether the environment asks for the sources: SIPCM_PURE is set and not 0."""
    return os.environ.get("SIPCM_PURE", "0") not in {"", "0"}


def load_sources_only(package_path: Iterable[str]) -> None:
    """Let every module below *package_path* that is imported from now on come from its source."""
    from importlib.machinery import (  # noqa: PLC0415  rarely wanted
        SOURCE_SUFFIXES,
        FileFinder,
        SourceFileLoader,
    )

    roots = tuple(package_path)

    def is_below(folder: str) -> bool:
        return any(folder == root or folder.startswith(root + os.sep) for root in roots)

    def hook(folder: str) -> FileFinder:
        if not is_below(folder):
            raise ImportError(path=folder)
        return FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, hook)
    for folder in filter(is_below, list(sys.path_importer_cache)):
        del sys.path_importer_cache[folder]
