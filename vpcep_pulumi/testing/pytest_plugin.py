"""The pytest plugin: the fixtures ``vpcep`` and ``stack``. Everything heavy is imported where it is first needed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vpcep_pulumi.testing.loopback import with_this_machine
from vpcep_pulumi.testing.results import Steps

if TYPE_CHECKING:
    from vpcep_pulumi.testing.simulator import Simulator
    from vpcep_pulumi.testing.stack import Stack

OPTION = "pulumi_engine"
ENGINES = ("local", "cli", "auto")
APPEAR_SECONDS = "3"
"""How long a test waits for a connection that is not there: while it waits, it cannot connect one."""
NEEDED = ("fastapi", "uvicorn", "yaml", "cryptography", "filelock")
"""What the extra ``testing`` brings."""
SIMULATOR: pytest.StashKey[Simulator] = pytest.StashKey()
STACK: pytest.StashKey[Stack] = pytest.StashKey()
"""What a test used, for its report."""
SECTIONS: pytest.StashKey[list[tuple[str, str]]] = pytest.StashKey()
"""What its report shows besides."""
FIXTURES = {"vpcep", "stack"}
OF_THE_CLOUD = ("HW_", "HUAWEICLOUD_", "CLOUD_SDK_", "VPCEP_")
"""What the names of variables begin with that hold credentials, regions and endpoints."""
PROFILES = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "", "HW_SHARED_CONFIG_FILE": '{"profiles": []}'}
"""The variables that say where profile files are, and what is in one that has no profile."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--pulumi-engine``, and the same in pytest's configuration file."""
    parser.addini(OPTION, "the engine of the fixture 'stack': local, cli or auto", default="local")
    parser.getgroup("vpcep-pulumi").addoption(
        "--pulumi-engine",
        choices=ENGINES,
        help="what stacks run on: local (the default), the pulumi cli, or auto: the CLI where it is on PATH",
    )


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """What differs between steps, a line each."""
    if op != "==" or not isinstance(left, Steps) or not isinstance(right, dict):
        return None
    return ["the steps are not those expected", *left.differences(right)]


class Tracebacks:
    """Ends tracebacks where this package begins, before pytest makes a report of them."""

    @pytest.hookimpl
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """See :mod:`vpcep_pulumi.testing.reports`. Runs when unittest's errors have been taken over."""
        if call.excinfo is None or not FIXTURES & set(getattr(item, "fixturenames", ())):
            return
        from vpcep_pulumi.testing.reports import differences, end_where_the_package_begins  # noqa: PLC0415

        error = call.excinfo.value
        sections = item.stash.setdefault(SECTIONS, [])
        if lines := differences(error):
            sections.append(("The steps are not those expected", "\n".join(lines)))
        frames = end_where_the_package_begins(error)
        call.excinfo = pytest.ExceptionInfo.from_exception(error)  # unittest's has looked at the traceback already
        if frames and not isinstance(error, _foreseen()):
            sections.append(("Below, in vpcep_pulumi", frames))


def pytest_configure(config: pytest.Config) -> None:
    """Register what has to run beside the wrapper below."""
    config.pluginmanager.register(Tracebacks(), "vpcep_pulumi_tracebacks")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test shows what its last operation came to, and the API calls that were made, without known secrets."""
    report = yield
    if report.failed:
        report.sections = [*report.sections, *item.stash.get(SECTIONS, [])]
        stack, simulator = item.stash.get(STACK, None), item.stash.get(SIMULATOR, None)
        if simulator is not None:
            from vpcep_pulumi.testing.reports import masking  # noqa: PLC0415
            from vpcep_pulumi.testing.simulator.calls import shown  # noqa: PLC0415

            mask = masking(stack.secrets() if stack is not None else ())
            if stack is not None and stack.last is not None:
                report.sections.append(("The last operation", mask(stack.last.diff)))
            report.sections.append(("API calls", "\n".join(shown(call, mask) for call in simulator.calls()) or "none"))
    item.stash[SECTIONS] = []
    return report


@pytest.fixture
def vpcep(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Simulator]:
    """A VPC Endpoint API of this test's own, a :class:`~vpcep_pulumi.testing.simulator.Simulator`.

    It is in the environment of what the test starts, and nothing else of the cloud is: credentials, regions and
    endpoints of whoever runs the tests are not, nor are the profiles in their home folder. A test that needs some sets
    them itself: a variable such as ``HW_SHARED_CONFIG_FILE`` for a profile of its own.
    """
    _check_extra()
    from vpcep_pulumi.testing.simulator import Simulator  # noqa: PLC0415

    for name in list(os.environ):
        if name.startswith(OF_THE_CLOUD):
            monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("profiles")
    for name, empty in PROFILES.items():
        (folder / name).write_text(empty, encoding="utf-8")
        monkeypatch.setenv(name, str(folder / name))
    monkeypatch.setenv("VPCEP_MAX_APPEAR_TIMEOUT", APPEAR_SECONDS)
    if "GRPC_VERBOSITY" not in os.environ:
        monkeypatch.setenv("GRPC_VERBOSITY", "ERROR")  # else each function's end is news on stderr
    with Simulator.start() as simulator:
        for name, value in simulator.environment.items():
            monkeypatch.setenv(name, value)
        lower, upper = os.environ.get("no_proxy", ""), os.environ.get("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", with_this_machine(lower or upper))
        monkeypatch.setenv("NO_PROXY", with_this_machine(upper or lower))
        request.node.stash[SIMULATOR] = simulator
        yield simulator


@pytest.fixture
def stack(request: pytest.FixtureRequest, vpcep: Simulator, tmp_path: Path) -> Stack:
    """A stack of this test's own, a :class:`~vpcep_pulumi.testing.stack.Stack`, which can only reach ``vpcep``."""
    from vpcep_pulumi.testing.cli_engine import is_on_path  # noqa: PLC0415
    from vpcep_pulumi.testing.stack import Stack  # noqa: PLC0415

    engine = _engine(request.config)
    if engine == "cli" and not is_on_path():
        pytest.fail("--pulumi-engine=cli, but there is no pulumi CLI on PATH", pytrace=False)
    found = Stack(engine, vpcep, folder=tmp_path / "stack", root=request.config.rootpath)
    request.node.stash[STACK] = found
    return found


def _foreseen() -> tuple[type[BaseException], ...]:
    """Errors that say all there is to say."""
    from vpcep_pulumi.errors import VpcepError  # noqa: PLC0415
    from vpcep_pulumi.testing.results import OperationFailed  # noqa: PLC0415

    known = (OperationFailed, VpcepError, AssertionError, pytest.fail.Exception)
    if _missing():
        return known
    from vpcep_pulumi.testing.simulator.world import NotThere  # noqa: PLC0415

    return (*known, NotThere)


def _engine(config: pytest.Config) -> str:
    engine = str(config.getoption("--pulumi-engine") or config.getini(OPTION))
    if engine not in ENGINES:
        raise pytest.UsageError(f"{OPTION} is {engine!r}; it takes {', '.join(ENGINES)}")
    return engine


def _missing() -> list[str]:
    """What of the extra is not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def _check_extra() -> None:
    missing = _missing()
    if missing:
        pytest.fail(
            f"the fixtures vpcep and stack need {', '.join(missing)}: pip install 'vpcep-pulumi[testing]'",
            pytrace=False,
        )
