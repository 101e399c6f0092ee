"""The provider in the SDK's own host process, over gRPC: pickling, floats, unknowns, secrets, errors, the engine's log."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.dynamic import CreateResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from tests.conftest import undated
from vpcep_pulumi.provider.dynamic import EndpointConnectionApprovalProvider
from vpcep_pulumi.provider.engine_gone import watch
from vpcep_pulumi.provider.engine_log import EngineLog, wants_debug

PICKLED = serialize_provider(EndpointConnectionApprovalProvider())
DECLARED = {"service_id": "svc", "endpoint_id": "ep1", "status": "accepted", "appear_timeout": 5, "settle_timeout": 5}


class Broken(ResourceProvider):
    """Of another package's."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        raise ValueError("broken")


Broken.__module__ = "__main__"  # pickled whole, not by its name


class Engine(engine_pb2_grpc.EngineServicer):
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.lines: list[tuple[int, str, bool]] = []
        self.debug: list[str] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 -- the protocol's name
        if request.severity == engine_pb2.DEBUG:
            self.debug.append(request.message)
        else:
            self.lines.append((request.severity, request.message, request.ephemeral))
            self.rows[request.message] = request.urn
        return empty_pb2.Empty()


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update({"__provider": PICKLED, **values})
    return found


def plain(values: struct_pb2.Struct) -> dict[str, Any]:
    found = dict(values)
    assert found.pop("__provider") == PICKLED
    return found


@pytest.fixture
def engine() -> Iterator[tuple[Engine, str, grpc.Server]]:
    servicer, server = Engine(), grpc.server(ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}", server
    server.stop(None).wait()


@pytest.fixture
def host(engine, simulator, tmp_path) -> Iterator[Any]:
    for number in (1, 2):
        simulator.connect("svc", f"ep{number}", domain="d1")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", engine[1]],
        env={**os.environ, **simulator.environment, "PULUMI_PROJECT": "story"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.process = process
        config = struct_pb2.Struct()
        config.update({"vpcep:projectId": "p", "story:other": "x"})
        stub.Configure(provider_pb2.ConfigureRequest(args=config))
        yield stub
    process.terminate()
    process.wait()
    process.stdout.close()


def check(host, olds, news) -> Any:
    return host.Check(provider_pb2.CheckRequest(olds=struct(olds) if olds else None, news=struct(news)))


def test_what_is_pickled_is_a_reference_and_nothing_else():
    """It stands in every stack's state: small, stable, and without a secret."""
    assert len(PICKLED) < 200
    assert serialize_provider(EndpointConnectionApprovalProvider()) == PICKLED
    assert EndpointConnectionApprovalProvider.serialize_as_secret_always is False


def test_the_life_of_an_approval(host, simulator):
    inputs = plain(check(host, {}, DECLARED).inputs)
    assert inputs == {**DECLARED, "region": "cn-north-4", "project_id": "p"}
    plan = "receive: the connection, owned by d1, is pendingAcceptance"
    for hidden in ("__plans", "__preview"):
        found = plain(check(host, {}, {**DECLARED, hidden: True}).inputs)
        assert {**found, "plan": undated(found["plan"])} == {**inputs, "plan": plan, "__verb": "receive"}
    created = host.Create(provider_pb2.CreateRequest(properties=struct(inputs)))
    assert created.id == "svc/ep1"
    outputs = plain(created.properties)
    assert outputs["status"] == "accepted"
    assert outputs["marker_id"] == "422321321312321322", "an int64, without going through a float"
    assert "plan" not in outputs

    again = plain(check(host, inputs, DECLARED).inputs)
    assert "plan" not in again
    same = host.Diff(provider_pb2.DiffRequest(id=created.id, olds=created.properties, news=struct(again)))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    moved = host.Diff(
        provider_pb2.DiffRequest(id=created.id, olds=created.properties, news=struct({**again, "endpoint_id": "ep2"}))
    )
    assert (moved.changes, list(moved.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, ["endpoint_id"])

    read = host.Read(provider_pb2.ReadRequest(id=created.id, properties=created.properties))
    assert plain(read.inputs)["status"] == "accepted"
    updated = host.Update(
        provider_pb2.UpdateRequest(id=created.id, olds=created.properties, news=struct({**again, "status": "rejected"}))
    )
    assert plain(updated.properties)["status"] == "rejected"
    assert simulator.status("svc", "ep1") == "rejected"


def test_delete_rejects_unless_the_same_operation_declares_the_connection(host, engine, simulator):
    simulator.accept("svc", "ep1")
    simulator.accept("svc", "ep2")
    check(host, {}, DECLARED)
    state = {**DECLARED, "region": "cn-north-4", "project_id": "p"}
    host.Delete(provider_pb2.DeleteRequest(id="svc/ep1", properties=struct(state)))
    host.Delete(provider_pb2.DeleteRequest(id="svc/ep2", properties=struct({**state, "endpoint_id": "ep2"})))
    assert (simulator.status("svc", "ep1"), simulator.status("svc", "ep2")) == ("accepted", "rejected")
    (kept, rejected) = engine[0].lines
    assert kept[1].startswith("vpcep: connection ep1 of service svc is left as it is")
    assert rejected[1] == "reject: the connection, owned by d1, is accepted"
    assert [line[::2] for line in (kept, rejected)] == [(engine_pb2.INFO, False), (engine_pb2.INFO, True)]


def test_what_is_done_stands_on_the_row_of_its_resource(host, engine):
    """A destroy as well says whom it cuts off; the state knows the resource's name."""
    urn = "urn:pulumi:dev::story::type::one"
    state = {**DECLARED, "region": "cn-north-4", "project_id": "p", "__urn": urn}
    host.Delete(provider_pb2.DeleteRequest(id="svc/ep1", properties=struct(state)))
    assert engine[0].rows == {"reject: the connection, owned by d1, is pendingAcceptance": urn}


def test_the_engine_is_told_of_each_request_for_whoever_asks_for_it(host, engine, simulator):
    """As ``pulumi up --debug`` shows it."""
    check(host, {}, DECLARED)
    (line,) = engine[0].debug
    path = "/v1/p/vpc-endpoint-services/svc/connections?limit=1000&offset=0"
    assert re.fullmatch(
        rf"vpcep: GET {re.escape(simulator.url + path)} -> 200, request id [0-9a-f]{{32}}, \d+ ms", line
    )
    assert engine[0].lines == []


@pytest.mark.parametrize(("asked", "prints"), [("debug", True), (" DEBUG ", True), ("info", False), ("", False)])
def test_stderr_is_told_where_the_environment_asks_for_it(capsys, asked, prints):
    log = EngineLog(None, prints_debug=wants_debug({"VPCEP_LOG": asked}))
    log.debug("a request")
    assert capsys.readouterr().err == ("vpcep: a request\n" if prints else "")


def test_an_engine_that_is_gone_is_no_reason_to_print_what_nobody_asked_for(capsys):
    EngineLog("127.0.0.1:1").debug("a request")
    assert capsys.readouterr().err == ""


def test_unknowns_go_in_and_out(host, simulator):
    answer = check(host, {}, {**DECLARED, "endpoint_id": rpc.UNKNOWN, "__preview": True})
    assert not answer.failures
    inputs = plain(answer.inputs)
    assert inputs["endpoint_id"] == inputs["plan"] == rpc.UNKNOWN
    assert simulator.calls() == []


def test_failures_are_clean(host):
    answer = check(host, {}, {**DECLARED, "endpoint_id": "a b", "service_id": "none"})
    assert [(each.property, each.reason) for each in answer.failures] == [
        ("endpoint_id", "must be an id of 1 to 64 letters, digits, '-' or '_'")
    ]
    (failure,) = check(host, {}, {**DECLARED, "service_id": "none"}).failures
    assert failure.property == ""
    assert failure.reason.startswith("there is no service none in region cn-north-4, project p: ")


def test_an_error_is_one_line(host, simulator):
    inputs = plain(check(host, {}, {**DECLARED, "endpoint_id": "none", "appear_timeout": 0}).inputs)
    with pytest.raises(grpc.RpcError) as error:
        host.Create(provider_pb2.CreateRequest(properties=struct(inputs)))
    assert str(error.value.details()) == (
        "vpcep: connection none of service svc: check endpoint_id: after 0 s there is no such connection. "
        "If it is still to come, raise appear_timeout, or run it again later\n"
    )
    another = serialize_provider(Broken())
    with pytest.raises(grpc.RpcError) as error:
        host.Create(provider_pb2.CreateRequest(properties=struct({"__provider": another})))
    assert str(error.value.details()).count("  File ") >= 2, "another provider's errors keep their traceback"


def test_what_was_sent_is_recorded_though_it_did_not_settle(host, engine, simulator):
    simulator.world.settings.creating_s = 3600
    inputs = plain(check(host, {}, {**DECLARED, "settle_timeout": 0}).inputs)
    outputs = plain(host.Create(provider_pb2.CreateRequest(properties=struct(inputs))).properties)
    assert outputs["status"] == "creating"
    assert list(outputs["errors"]) == [
        "connection ep1 of service svc: after 0 s the connection, owned by d1, is creating; "
        "raise settle_timeout, or run it again later"
    ]
    assert [severity for severity, _, is_progress in engine[0].lines if not is_progress] == [engine_pb2.WARNING]


def test_a_host_that_is_told_to_end_does_not_wait_for_connections(host, simulator):
    """As the CLI tells it at a second Ctrl-C; it kills what has not ended five seconds later."""
    simulator.creating(3600)
    inputs = plain(check(host, {}, {**DECLARED, "settle_timeout": 3000}).inputs)
    create = host.Create.future(provider_pb2.CreateRequest(properties=struct(inputs)))
    while simulator.status("svc", "ep1") != "creating":
        os.sched_yield()
    host.process.send_signal(signal.SIGINT)
    assert host.process.wait(timeout=30) is not None
    assert create.exception().code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class TestTheEngineIsGone:
    """Killed, or ended without its hosts, as the CLI after ``--replace '**'``."""

    def test_before_anybody_has_connected_to_it(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            gone = threading.Event()
            watch(f"127.0.0.1:{unused.getsockname()[1]}", gone.set)
            assert gone.wait(60)

    def test_a_host_ends_with_its_engine(self, host, engine):
        check(host, {}, DECLARED)
        engine[2].stop(None).wait()
        assert host.process.wait(timeout=60) is not None

    def test_what_is_still_queued_is_not_sent(self, host, engine, simulator):
        names = [f"ep{number}" for number in range(1, 11)]
        for name in names[2:]:
            simulator.connect("svc", name, domain="d1")
        inputs = [plain(check(host, {}, {**DECLARED, "endpoint_id": name}).inputs) for name in names]
        held = simulator.fault("slow", "POST", seconds=3600)
        creates = [host.Create.future(provider_pb2.CreateRequest(properties=struct(each))) for each in inputs]
        while held.applied < 4:  # the threads of the SDK's host
            time.sleep(0.001)
        engine[2].stop(None).wait()
        assert host.process.wait(timeout=60) is not None
        simulator.clear_faults()
        assert held.applied == 4
        assert not any(each.done() and each.exception() is None for each in creates)

    def test_a_log_call_does_not_raise(self, monkeypatch):
        read, write = os.pipe()
        os.close(read)
        with open(write, "w", buffering=1) as nobody_reads:  # noqa: PTH123 -- a descriptor
            monkeypatch.setattr(sys, "stderr", nobody_reads)
            EngineLog("127.0.0.1:1").warning("the engine is gone")
            EngineLog(None).warning("there never was one")
            with pytest.raises(BrokenPipeError):
                nobody_reads.write("as it is without\n")
            monkeypatch.undo()
            os.dup2(os.open(os.devnull, os.O_WRONLY), write)
