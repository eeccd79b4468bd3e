"""The failure reason of a training job, as DescribeTrainingJob gives it."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

# "Length Constraints: Maximum length of 1024", of FailureReason in DescribeTrainingJob, AWS's API reference.
LONGEST = 1024
BYTES_A_CHARACTER = 4
TRACEBACK = "Traceback (most recent call last)"


def container_failure(*, kind: str, message: str, exit_code: int) -> str:
    """Word what went wrong inside the container; a long message loses its end, never the exit code.

    `kind` is AlgorithmError for a script, and ClientError where a built-in algorithm refuses what it was
    given.
    """
    start, end = f"{kind}: ", f", exit code: {exit_code}"
    return f"{start}{message[: LONGEST - len(start) - len(end)]}{end}"


def left_message(file: Path) -> str | None:
    """Return the first 1,024 characters of the file in which a container says how it ended, or None if it left none.

    What is no regular file is none: to read a pipe could take for ever.
    """
    try:
        # Not to wait for a writer, should it become a pipe at this moment.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.read(descriptor, LONGEST * BYTES_A_CHARACTER).decode(errors="replace")[:LONGEST]
    finally:
        os.close(descriptor)


def client_error(*, message: str) -> str:
    """Word what is wrong with the request itself."""
    return f"ClientError: {message}"[:LONGEST]


def script_message(*, exit_code: int, error_lines: Sequence[str], command: Sequence[str]) -> str:
    """Word a script's failure as the containers' toolkit does: code, last words and command."""
    said = last_words(lines=error_lines)
    typed = " ".join(command)
    return f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage "{said}"\nCommand "{typed}"'


def last_words(*, lines: Sequence[str]) -> str:
    """Return the exception that a traceback ends with, or the last line that is not blank."""
    spoken = [line for line in lines if line.strip()]
    if not any(TRACEBACK in line for line in spoken):
        return spoken[-1].strip() if spoken else ""
    frames = [index for index, line in enumerate(spoken) if line.startswith(("  ", TRACEBACK))]
    return "\n".join(spoken[frames[-1] + 1 :])
