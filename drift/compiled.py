"""The one door to numba: a decorator that keeps the types of what it compiles."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast


def _keep_compiled_code_somewhere_writable() -> None:
    # numba refuses to import a cached function when neither the source folder nor the home can be written,
    # as in
    # a container of another user
    folder = Path(__file__).parent
    if "NUMBA_CACHE_DIR" not in os.environ and not os.access(folder, os.W_OK):
        os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / f"drift-compiled-{os.getuid()}")


_keep_compiled_code_somewhere_writable()

import numba  # noqa: E402  numba reads its cache folder from the environment when it is imported

P = ParamSpec("P")
R = TypeVar("R")


# without reference counting, which numba's own signatures do not name: see inner
_compiled = cast("Callable[..., Callable[..., object]]", numba.njit)


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls.

    Kept on disk for the next run, and free of the interpreter's lock.
    """
    compile_it = _compiled(cache=True, nogil=True, error_model="numpy", _nrt=False)
    return cast("Callable[P, R]", compile_it(function))


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled functions call; it becomes a part of them.

    Arrays are lent, never owned, and functions are inlined: counting references to ten arrays at each field,
    and passing them, made the same loop fifty times slower.
    """
    compile_it = _compiled(nogil=True, error_model="numpy", _nrt=False, forceinline=True)
    return cast("Callable[P, R]", compile_it(function))


def called(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that compiled functions call.

    A long one, which inlined would be compiled many times.
    """
    return cast("Callable[P, R]", _compiled(nogil=True, error_model="numpy", _nrt=False)(function))
