"""One tree holds every error of the package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import pytest

import vpcep_pulumi
from vpcep_pulumi import errors

OTHERS = {
    "vpcep_pulumi.api.wire.CannotConnect": "an error of httpx: its transport's",
    "vpcep_pulumi.api.wire._Obstructed": "an error of httpcore: its connection's",
    "vpcep_pulumi.testing.engine.decision.LeftOut": "no error",
    "vpcep_pulumi.testing.engine.steps.Stopped": "no error",
    "vpcep_pulumi.testing.simulator.refusals.Refusal": "an answer of the simulator, which shares nothing with the client",
    "vpcep_pulumi.testing.simulator.world.NotThere": "likewise",
}


def modules():
    found = pkgutil.walk_packages(vpcep_pulumi.__path__, "vpcep_pulumi.")
    return [importlib.import_module(each.name) for each in found if not each.name.endswith("__main__")]


def exceptions():
    for module in modules():
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", value


def test_every_error_belongs_to_it():
    found = dict(exceptions())
    outside = {name for name, value in found.items() if not issubclass(value, errors.VpcepError)}
    assert outside == set(OTHERS)


def test_it_is_drawn():
    drawn = re.findall(r"^ *[│├└─ ]*(\w+)  +\S", (errors.__doc__ or "").split("::\n")[1], re.MULTILINE)
    ours = [name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)]
    assert sorted(drawn) == sorted(each for each in ours if each != "VpcepError")


@pytest.mark.parametrize("kind", errors.RefusalKind)
def test_a_refusal_knows_its_kind(kind):
    assert errors.ApiError("list", 400, kind=kind).kind is kind
