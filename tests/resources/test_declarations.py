"""What a program's constructors know of its operation."""

from __future__ import annotations

import sys

import grpc
import pulumi
import pytest
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.proto import engine_pb2_grpc

from vpcep_pulumi.resources.declarations import _engine_address

ADDRESS = "127.0.0.1:35701"


class Interceptor(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation, details, request):
        return continuation(details, request)


@pytest.fixture
def channel():
    with grpc.insecure_channel(ADDRESS) as found:
        yield found


class TestTheEnginesAddress:
    """The provider host has it as its last argument; without it, nothing tells them what belongs together."""

    def test_it_is_the_channels(self, channel):
        assert _engine_address(engine_pb2_grpc.EngineStub(channel)) == ADDRESS

    def test_it_is_found_behind_interceptors(self, channel):
        for _ in range(3):
            channel = grpc.intercept_channel(channel, Interceptor())
            assert _engine_address(engine_pb2_grpc.EngineStub(channel)) == ADDRESS

    def test_it_is_found_behind_open_telemetry(self, channel):
        """As ``pulumi up --otel-traces`` has the SDK wrap every channel."""
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.grpc")
        wrap = pytest.importorskip("opentelemetry.instrumentation.grpc.grpcext").intercept_channel
        stub = engine_pb2_grpc.EngineStub(wrap(channel, instrumentation.client_interceptor()))
        assert _engine_address(stub) == ADDRESS

    def test_what_the_clis_executor_was_told_comes_first(self, monkeypatch):
        monkeypatch.setattr(sys, "orig_argv", ["python", "exec", "--engine", ADDRESS, "--project", "p"])
        assert _engine_address(object()) == ADDRESS

    def test_there_is_none_under_mocks(self):
        assert _engine_address(None) is None
        assert _engine_address(MockEngine(None)) is None

    def test_a_real_run_is_never_taken_for_one_under_mocks(self):
        with pytest.raises(pulumi.RunError, match="cannot be found, so that the provider would not know"):
            _engine_address(object())
