"""Why a file system did not take a file, and what to do about it."""

import errno

REASONS = {
    errno.ENOSPC: "this machine's disk is full; make room and repeat",
    errno.EDQUOT: "the quota on this machine's disk is used up; make room and repeat",
    errno.EACCES: "this user may not write there; use another folder",
    errno.EROFS: "this machine's disk is read-only; use another folder",
    errno.EFBIG: "the file is larger than one may be on this machine; make it smaller",
    errno.ENAMETOOLONG: "its name is longer than one may be on this machine; shorten it",
    errno.EEXIST: "a file is where it needs a folder; rename one of the two",
    errno.ENOTDIR: "a file is where it needs a folder; rename one of the two",
    errno.EISDIR: "a folder is where it needs a file; rename one of the two",
}


def refused_by_disk(error: OSError) -> str | None:
    """Return the reason in words that follow a colon, or None for an error that is not the file system's."""
    return None if error.errno is None else REASONS.get(error.errno)
