"""No way to the service: one line that says what to look at, within seconds. On both engines."""

from __future__ import annotations

import time

import pytest

from tests.api.raw import RawServer, self_signed, unused_port
from tests.contract.conftest import steps

GOOD = 'Approval("good", service_id="svc", endpoint_id="ep1", project_id="p")'
ELSEWHERE = "https://vpcep.example.invalid"
LOOPBACK = "127.0.0.1,localhost"
SECONDS = 40
"""For starting an engine as well, on a machine that others use: with retries for as long as there may be something to
wait for, it would be 45 more."""


def proxied(proxy: str) -> dict[str, str]:
    return {"VPCEP_ENDPOINT": ELSEWHERE, "https_proxy": proxy, "no_proxy": LOOPBACK}


WAYS = {
    "no such host": lambda: ({"VPCEP_ENDPOINT": ELSEWHERE}, "there is no such host; check VPCEP_ENDPOINT"),
    "a dead proxy": lambda: (
        {**proxied(f"http://127.0.0.1:{unused_port()}"), "no_proxy": f"{LOOPBACK},http://[::1"},
        "(https_proxy): the connection is refused, nothing listens there; check https_proxy, or except the host in "
        "no_proxy; entry 3 of no_proxy names no host",
    ),
    "a SOCKS proxy": lambda: (proxied("socks5://127.0.0.1:1"), "https_proxy names a SOCKS proxy, which needs the"),
    "no bundle": lambda: (
        {"VPCEP_ENDPOINT": ELSEWHERE, "SSL_CERT_FILE": "/nowhere/ca.pem"},
        "SSL_CERT_FILE names '/nowhere/ca.pem', which cannot be read (No such file or directory)",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_in_the_way_is_said_within_seconds_and_in_one_line(connected, way):
    environ, problem = WAYS[way]()
    refused(connected, environ, problem)


def test_tls_to_a_plain_port(connected):
    port = connected.simulator.url.rpartition(":")[2]
    refused(
        connected, {"VPCEP_ENDPOINT": f"https://127.0.0.1:{port}"}, "what answers there does not speak TLS; check VP"
    )


def test_a_certificate_that_is_not_trusted(connected, tmp_path):
    with RawServer(lambda _: [], certificate=self_signed(tmp_path / "localhost.pem")) as server:
        environ = {"VPCEP_ENDPOINT": f"https://localhost:{server.port}", "SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
        refused(connected, environ, "name a file with its authority in SSL_CERT_FILE (REQUESTS_CA_BUNDLE is ignored)")
        assert server.connections == 1, "tried once"


def refused(deployment, environ, problem):
    deployment.environ.update(environ)
    deployment.program(GOOD)
    began = time.monotonic()
    result = deployment.preview()
    assert time.monotonic() - began < SECONDS
    assert not result.ok
    errors = [each for each in result.messages("error") if each.startswith("good: ")]
    assert len(errors) == 1, result
    assert problem in errors[0]
    assert len(errors[0].strip().splitlines()) == 1
    assert "Traceback" not in errors[0]
    assert result.messages("warning") in ([], [each for each in result.messages("warning") if "go to" in each])


def test_a_profile_with_a_byte_order_mark(connected, tmp_path):
    profile = tmp_path / "credentials"
    profile.write_bytes(b"\xef\xbb\xbf[basic]\r\nak = ak\r\nsk = sk\r\nproject_id = p\r\n")
    for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"):
        del connected.environ[name]
    connected.environ["HUAWEICLOUD_SDK_CREDENTIALS_FILE"] = str(profile)
    connected.program('Approval("good", service_id="svc", endpoint_id="ep1")')
    assert steps(connected.up()) == {"good": "create"}
