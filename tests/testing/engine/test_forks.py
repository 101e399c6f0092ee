"""A child that was forked is what a new interpreter would have been."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vpcep_pulumi.testing.engine import LocalEngine, forks
from vpcep_pulumi.testing.engine.forks import fork
from vpcep_pulumi.testing.fork_server import Request, bounds, differs
from vpcep_pulumi.testing.results import Result

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
SECONDS = 30
HOW = "import os; print('forked' if open('/proc/self/cmdline').read().count('fork_server') else 'new')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program").mkdir()
    (tmp_path / "program/Pulumi.yaml").write_text("name: story\nruntime: python\n")
    return tmp_path / "program"


def run(folder: Path, program: str, environ: dict[str, str] | None = None) -> Result:
    (folder / "__main__.py").write_text(HOW + program)
    return LocalEngine(folder, folder.parent / "dev.json", environ={**os.environ, **(environ or {})}).up()


def printed(result: Result) -> list[str]:
    return [line for message in result.messages("info") for line in message.splitlines()]


class TestSameAsANewInterpreter:
    @pytest.fixture(params=["forked", "new"])
    def start(self, request, folder, monkeypatch):
        """A program's run in a process of either kind."""
        if request.param == "new":
            monkeypatch.setattr(sys, "platform", "elsewhere")

        def start(program: str) -> list[str]:
            result = run(folder, program, {"OF_ITS_OWN": "value", "TZ": "Asia/Shanghai"})
            how, *lines = printed(result)
            assert result.ok, result.diff
            assert how == request.param
            return lines

        return start

    @pytest.mark.parametrize(
        ("expression", "value"),
        [
            ("os.environ['OF_ITS_OWN']", "value"),
            ("'PATH' in os.environ", "True"),
            ("os.getcwd() == sys.path[0] == os.path.dirname(os.path.abspath(__file__))", "True"),
            ("sys.argv[1:]", "[]"),
            ("os.getpid() == os.getsid(0)", "True"),
            ("__name__", "__main__"),
            ("sys.modules['__main__'].__dict__ is globals()", "True"),
            ("time.tzname[0]", "CST"),
            ("sys.stdout.line_buffering, sys.stdout.isatty(), sys.stdin.isatty()", "False False False"),
            ("signal.getsignal(signal.SIGINT) is signal.default_int_handler", "True"),
            ("signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL", "True"),
            ("subprocess.run(['false']).returncode", "1"),
            # Standard input, output and error: nothing of the server's own.
            ("sum('pipe' in os.path.realpath(f'/proc/self/fd/{number}') for number in range(200))", "3"),
        ],
    )
    def test_what_a_program_finds(self, start, expression, value):
        assert start(f"import signal, subprocess, sys, time; print({expression})")[:1] == [value]

    def test_both_print_to_where_the_engine_reads(self, start):
        lines = start("import sys; print('out'); print('err', file=sys.stderr); os.system('echo system')")
        assert sorted(lines) == ["err", "out", "system"]


def test_random_numbers_are_not_the_same_in_each(folder):
    first, second = (printed(run(folder, "import random; print(random.random())")) for _ in range(2))
    assert first[0] == second[0] == "forked"
    assert first != second


def test_variables_that_an_interpreter_reads_at_its_start(folder, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text("import builtins; builtins.greeting = 'hello'")
    result = run(folder, "print(greeting)", {"PYTHONPATH": str(tmp_path / "site")})
    assert printed(result) == ["new", "hello"]


@pytest.mark.parametrize("name", ["yaml.py", "yaml"])
def test_a_module_of_the_program_s_own_is_taken_first(folder, name):
    """As it is with every program: the folder comes first."""
    path = folder / name
    if not path.suffix:
        path.mkdir()
        path /= "__init__.py"
    path.write_text("mine = 'mine'\ndef __getattr__(name): return type(name, (), {})\n")
    assert printed(run(folder, "import yaml; print(yaml.mine)")) == ["new", "mine"]


def test_what_differs_is_known_by_the_environment_and_the_folder(tmp_path):
    request = Request(["program"], str(tmp_path), {"A": "1", "PYTHONHASHSEED": "1"}, *bounds())
    assert not differs(request, {"B": "2", "PYTHONHASHSEED": "1"})
    assert differs(request, {"A": "1", "PYTHONHASHSEED": "2"})
    assert differs(request, {"A": "1"})
    (tmp_path / "helper.py").write_text("")
    assert not differs(request, {"PYTHONHASHSEED": "1"})
    (tmp_path / "gc.log").write_text("")  # of a name that a built-in module has: nobody could say what it is
    assert differs(request, {"PYTHONHASHSEED": "1"})
    (tmp_path / "gc.log").unlink()
    (tmp_path / "json.py").write_text("")
    assert differs(request, {"PYTHONHASHSEED": "1"})


def test_one_that_does_not_end_is_killed(folder):
    forked = fork(["host", "127.0.0.1:1"], cwd=folder, environ=os.environ)
    assert forked is not None
    assert forked.stdout.readline().strip().isdigit()
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0)
    os.kill(forked.pid, signal.SIGSTOP)
    while Path(f"/proc/{forked.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        os.sched_yield()
    forked.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.01)
    forked.kill()
    assert forked.wait(SECONDS) == -signal.SIGKILL
    forked.stdout.close()


def test_a_long_environment(folder):
    """Longer than a socket takes at once."""
    environ = {f"LONG_{number}": "x" * 100_000 for number in range(10)}
    assert printed(run(folder, "print(len(os.environ['LONG_9']))", environ)) == ["forked", "100000"]


def test_bounds_are_those_of_the_engine_now(folder):
    """Not those with which the server was started: a test may have a umask, limits and a temporary folder of its own."""
    assert run(folder, "").ok
    (folder.parent / "temporary").mkdir()
    program = "import resource, tempfile; print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_NOFILE)[0], tempfile.gettempdir())"
    code = (
        "import os, resource, sys\n"
        "from tests.testing.engine.test_forks import *\n"
        "folder = Path(sys.argv[1])\n"
        "assert run(folder, '').ok\n"
        "os.umask(0o077)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))\n"
        "print(*printed(run(folder, sys.argv[2], {'TMPDIR': str(folder.parent / 'temporary')})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["forked", "0o77", "512", str(folder.parent / "temporary")], done.stderr


def test_a_relative_path_of_modules(folder):
    """It is one of the program's folder."""
    (folder / "lib").mkdir()
    (folder / "lib/mine.py").write_text("value = 'mine'")
    assert printed(run(folder, "import mine; print(mine.value)", {"PYTHONPATH": "lib"})) == ["new", "mine"]


class TestServer:
    @pytest.mark.parametrize(
        "forks_first",
        [
            "multiprocessing.Process(target=time.sleep, args=(3600,), daemon=True).start()",
            "os.fork() or time.sleep(60)",
        ],
    )
    def test_a_process_ends_although_others_have_a_copy_of_its_socket(self, folder, forks_first):
        code = (
            "import multiprocessing.util, os, sys, time\n"
            "from tests.testing.engine.test_forks import *\n"
            "assert run(Path(sys.argv[1]), '').ok\n"
            f"{forks_first}\n"
        )
        root = Path(__file__).parents[3]
        # Standard output is nobody's: a process that lives on would hold it.
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(folder)],
            cwd=root,
            stdout=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0

    def test_one_whose_engine_ends_in_the_middle_of_a_request_ends(self):
        ours, theirs = socket.socketpair()
        with theirs:
            server = subprocess.Popen(
                [sys.executable, "-m", "vpcep_pulumi.testing.fork_server"],
                stdin=theirs.fileno(),
                stderr=subprocess.PIPE,
            )
        ours.sendall(b'{"arguments": ')
        ours.close()
        assert server.wait(SECONDS) == 0
        assert server.stderr is not None
        assert server.stderr.read() == b""
        server.stderr.close()

    def test_what_it_cannot_fork_is_refused_and_nothing_else_happens(self, folder):
        """A descriptor that did not arrive: others of the server's children live on, and so does the server."""
        server = forks._running(os.environ)
        forked = fork(["host", "127.0.0.1:1"], cwd=folder, environ=os.environ)
        assert forked is not None
        answers, theirs = os.pipe()
        with server._lock:
            socket.send_fds(server._socket, [Request(["host"], "/", {}, *bounds()).encoded()], [theirs])
            os.close(theirs)
            assert os.read(answers, 8) == b""
        os.close(answers)
        with pytest.raises(subprocess.TimeoutExpired):
            forked.wait(0)
        assert printed(run(folder, "")) == ["forked"]
        forked.stdin.close()
        assert forked.wait(SECONDS) == 1
        forked.stdout.close()

    def test_a_child_outlives_it_and_is_known_to_live(self, folder):
        forked = fork(["host", "127.0.0.1:1"], cwd=folder, environ=os.environ)
        assert forked is not None
        server = forks._running(os.environ)._process
        server.kill()
        server.wait()
        with pytest.raises(subprocess.TimeoutExpired):
            forked.wait(0.1)
        forked.kill()
        assert forked.wait(SECONDS) == -signal.SIGKILL
        forked.stdin.close()
        forked.stdout.close()

    def test_one_serves_every_engine_of_a_process(self, folder):
        parents = [printed(run(folder, "print(os.getppid())"))[1] for _ in range(2)]
        assert len(set(parents)) == 1

    def test_one_that_was_killed_is_replaced(self, folder):
        _, server = printed(run(folder, "print(os.getppid())"))
        os.kill(int(server), signal.SIGKILL)
        assert run(folder, "").ok
        how, other = printed(run(folder, "print(os.getppid())"))
        assert (how, other != server) == ("forked", True)

    def test_one_that_cannot_start_is_done_without(self, folder, tmp_path, monkeypatch):
        """The interpreter that comes in its place says what the matter is."""
        (tmp_path / "site").mkdir()
        (tmp_path / "site/dill.py").write_text("raise ImportError('no dill today')")
        monkeypatch.setattr(forks, "_server", None)
        result = run(folder, "", {"PYTHONPATH": str(tmp_path / "site")})
        assert not result.ok
        assert "no dill today" in result.diff

    def test_a_process_that_is_forked_has_its_own(self, folder):
        """Two processes that share a socket would read each other's answers."""
        assert printed(run(folder, ""))[:1] == ["forked"]
        code = (
            "import os, sys\n"
            "from tests.testing.engine.test_forks import *\n"
            "folder = Path(sys.argv[1])\n"
            "mine = printed(run(folder, 'print(os.getppid())'))[1]\n"
            "if not os.fork():\n"
            "    theirs = printed(run(folder, 'print(os.getppid())'))[1]\n"
            "    os._exit(theirs == mine)\n"
            "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))\n"
        )
        root = Path(__file__).parents[3]
        done = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=root, check=False)
        assert done.returncode == 0

    def test_it_ends_with_its_process_also_if_another_was_dropped(self, folder):
        code = (
            "import sys\n"
            "from tests.testing.engine.test_forks import *\n"
            "first, forks._server = forks._running(os.environ), None\n"
            "forks._drop(forks._running(os.environ))\n"
            "forks._server = first\n"
        )
        root = Path(__file__).parents[3]
        done = subprocess.run([sys.executable, "-Werror", "-c", code], cwd=root, check=False, capture_output=True)
        assert (done.returncode, done.stderr.decode()) == (0, "")
