"""What users may import: written down here, and compared with what the modules really hold."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pulumi
import pytest

import vpcep_pulumi
from vpcep_pulumi import resources

PUBLIC = {
    "vpcep_pulumi": {
        "EndpointConnection": "vpcep_pulumi.resources.queries",
        "EndpointConnectionApproval": "vpcep_pulumi.resources.endpoint_connection_approval",
        "EndpointConnectionPolicy": "vpcep_pulumi.resources.endpoint_connection_policy",
        "accept": "vpcep_pulumi.resources.rules",
        "approvals_from": "vpcep_pulumi.resources.approvals_from",
        "get_connections": "vpcep_pulumi.resources.queries",
        "get_connections_output": "vpcep_pulumi.resources.queries",
        "leave": "vpcep_pulumi.resources.rules",
        "reject": "vpcep_pulumi.resources.rules",
    },
    "vpcep_pulumi.testing": {
        "Diagnostic": "vpcep_pulumi.testing.results",
        "EngineError": "vpcep_pulumi.testing.engine.errors",
        "OperationFailed": "vpcep_pulumi.testing.results",
        "Result": "vpcep_pulumi.testing.results",
        "Secret": "vpcep_pulumi.testing.engine.values",
        "Simulator": "vpcep_pulumi.testing.simulator.server",
        "Stack": "vpcep_pulumi.testing.stack",
        "Steps": "vpcep_pulumi.testing.results",
    },
}
"""By the module that users name: each name, and the module that defines it."""


@pytest.mark.parametrize("module", PUBLIC)
def test_what_can_be_imported_is_what_is_defined(module):
    found = importlib.import_module(module)
    assert found.__all__ == sorted(PUBLIC[module])
    for name, home in PUBLIC[module].items():
        value = getattr(found, name)
        assert value is vars(importlib.import_module(home))[name]
        assert value.__module__ == home
        assert inspect.getdoc(value)


@pytest.mark.parametrize("module", PUBLIC)
def test_an_asterisk_brings_that_and_nothing_else(module):
    names: dict[str, object] = {}
    exec(f"from {module} import *", names)
    assert names.keys() - {"__builtins__"} == PUBLIC[module].keys()


@pytest.mark.parametrize("module", PUBLIC)
def test_a_misspelt_name_is_an_error(module):
    with pytest.raises(AttributeError, match="has no attribute 'EndpointConnectionAproval'"):
        _ = importlib.import_module(module).EndpointConnectionAproval


def test_every_resource_is_public():
    found = set()
    for each in pkgutil.walk_packages(resources.__path__, f"{resources.__name__}."):
        for name, value in vars(importlib.import_module(each.name)).items():
            is_own = inspect.isclass(value) and value.__module__ == each.name
            if is_own and issubclass(value, pulumi.Resource) and not name.startswith("_"):
                found.add(name)
    assert found < set(vpcep_pulumi.__all__)


def test_the_version_is_the_installed_one():
    """It is no name for an asterisk to bring, but it is there to ask for."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert vpcep_pulumi.__version__ == project["version"], "make setup"
    assert "__version__" in dir(vpcep_pulumi)
    assert "__version__" not in vpcep_pulumi.__all__


def test_sources_that_are_only_on_the_path_have_no_version(monkeypatch):
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert vpcep_pulumi.__version__ == "0+unknown"
