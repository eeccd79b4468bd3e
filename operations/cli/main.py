"""The command `yard`, from its arguments to its exit code."""

import sys
from collections.abc import Sequence
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup, TyperOption
from typer.exceptions import TyperException
from typer.main import get_command

from modelyard.drift.errors import DriftError
from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.manifest import Refused
from modelyard.operations.cli.app import Commands, app
from modelyard.operations.cli.options import global_options_first
from modelyard.operations.failures import Failure, sentence_of

ENDED, FAILED, INTERRUPTED = 0, 1, 130
COMPLETION = {
    "install_completion": "Install completion for this shell.",
    "show_completion": "Print the completion script.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code: 0, 1 with a sentence, 130 when interrupted, or what the command says.

    Without `arguments` it takes those of the process.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = command()(global_options_first(list(arguments)), prog_name="yard", standalone_mode=False)
    except TyperException as misused:
        # Without arguments the message is the help, which typer has shown already.
        return _fail(f"{misused.format_message().rstrip('.')}; see yard --help") if arguments else ENDED
    except Failure as failure:
        return _fail(str(failure), code=failure.code)
    except (Refused, DriftError) as refused:
        return _fail(str(refused))
    except (ClientError, BotoCoreError) as error:
        return _fail(sentence_of(error))
    except OSError as error:  # a file or folder that was named, and cannot be read or written
        return _fail(f"{error.filename}: {error.strerror}; name another, or make it usable")
    if code == INTERRUPTED:  # what typer makes of Ctrl-C
        return _fail("Interrupted", code=INTERRUPTED)
    return code if isinstance(code, int) else ENDED


def command() -> TyperGroup:
    """Return the command, with a line of help for each of typer's own options."""
    made = cast(TyperGroup, get_command(app))
    made.commands = cast(Any, Commands())  # typer only reads it
    for parameter in made.params:
        if isinstance(parameter, TyperOption) and parameter.name in COMPLETION:
            parameter.help = COMPLETION[parameter.name]
    return made


def _fail(sentence: str, *, code: int = FAILED) -> int:
    sys.stderr.write(f"{for_terminal(sentence, kept=LAYOUT)}\n")
    return code
