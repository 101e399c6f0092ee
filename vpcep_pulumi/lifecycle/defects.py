"""The error for a defect of this package. Pure."""

from __future__ import annotations

import traceback

from vpcep_pulumi.errors import NotSettledError


def defect(name: str, error: Exception, done: str) -> NotSettledError:
    """The error for a defect of this package. Its message leaves out ``error``'s own, which may hold a secret.

    It names only the type of ``error``, and the file and line where it was raised.

    :param name: the connection.
    :param done: what was sent so far.
    """
    frame = traceback.extract_tb(error.__traceback__)[-1]
    file = frame.filename.replace("\\", "/").rpartition("/")[2]
    place = f"{type(error).__name__} at {file}:{frame.lineno}"
    problem = NotSettledError(f"{name}: a defect of vpcep-pulumi ({place}): {done}. Please report it")
    problem.__cause__ = error
    return problem
