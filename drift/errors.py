"""The one error that a user of the package sees."""


class DriftError(Exception):
    """Something given to the analyzer cannot be used.

    The message is one sentence that says what and what to do.
    """
