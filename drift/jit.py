"""The one use of numba: decorators that compile a function and keep its type."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def cache_folder(*, package: Path, given: str | None) -> Path:
    """Return where compiled code is kept: a folder for each state of the sources.

    numba looks only at the file of the function that Python calls, and would go on using what it compiled
    before another file changed. Where the package cannot be written, as in a container of another user, the
    code is kept with temporary files.
    """
    sources = sorted((package / "kernels").glob("*.py"))
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    if given is not None:
        return Path(given) / digest
    if os.access(package, os.W_OK):
        return package / "__pycache__" / digest
    return Path(tempfile.gettempdir()) / f"drift-compiled-{os.getuid()}" / digest


cast("Any", numba.config).CACHE_DIR = str(
    cache_folder(package=Path(__file__).parent, given=os.environ.get("NUMBA_CACHE_DIR"))
)

# without reference counting, which numba's own signatures do not name: see inner
_compiled = cast("Callable[..., Callable[..., object]]", numba.njit)


def jit_entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls: kept on disk for the next run, and free of the interpreter's lock."""
    compile_it = _compiled(cache=True, nogil=True, error_model="numpy", _nrt=False)
    return cast("Callable[P, R]", compile_it(function))


def jit_inline(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled functions call; it becomes a part of them.

    Arrays are lent, never owned, and functions are inlined: counting references to ten arrays at each field,
    and passing them, made the same loop fifty times slower.
    """
    compile_it = _compiled(nogil=True, error_model="numpy", _nrt=False, forceinline=True)
    return cast("Callable[P, R]", compile_it(function))


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a long function that compiled functions call; inlined it would be compiled many times."""
    return cast("Callable[P, R]", _compiled(nogil=True, error_model="numpy", _nrt=False)(function))
