"""What a program's own tests use: a simulator of the API, an engine in small, fixtures of both. Extra ``testing``."""

from vpcep_pulumi.testing.results import Diagnostic, OperationFailed, Result, Steps

__all__ = ["Diagnostic", "OperationFailed", "Result", "Steps"]
