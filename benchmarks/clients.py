"""One page of connections, and one decision, by three clients: this package's, bare httpx, and the vendor's SDK."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import httpx
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkvpcep import v1
from pydantic import SecretStr

from vpcep_pulumi.api.auth import auth_for
from vpcep_pulumi.api.client import Client
from vpcep_pulumi.api.credentials import AccessKey, Credential, Token
from vpcep_pulumi.api.operations import Action, act_on_connection, list_connections

PROJECT = "0123456789abcdef0123456789abcdef"
KEY, SECRET = "BENCHMARK", "benchmark-secret-key"
SIGNED: Credential = AccessKey(KEY, SecretStr(SECRET))
TOKEN: Credential = Token(SecretStr("t" * 2000))
"""About as long as a token of IAM."""
ACTIONS: tuple[Action, Action] = ("receive", "reject")
"""In turn, so that each changes the connection."""
ENDPOINT = "ep0"
OURS, BARE, SDK = "this package", "bare httpx", "the vendor's SDK"

Work = dict[str, Callable[[], object]]
"""What each thing to ask does, by its name."""
PAGE, ACTION = "a page", "a decision"


@contextmanager
def ours(url: str, service: str, credential: Credential, page: int) -> Iterator[Work]:
    """This package's client: it retries, throttles, masks secrets, limits answers and verifies them."""
    actions = cycle(ACTIONS)
    with Client(url, credential, trust_env=False) as client:
        yield {
            PAGE: lambda: client.send(list_connections(PROJECT, service, limit=page)),
            ACTION: lambda: client.send(act_on_connection(PROJECT, service, ENDPOINT, next(actions))),
        }


@contextmanager
def bare(url: str, service: str, credential: Credential, page: int) -> Iterator[Work]:
    """The same requests with the same signature or token; the answer is decoded from JSON, and that is all."""
    path = f"/v1/{PROJECT}/vpc-endpoint-services/{service}/connections"
    headers = {"X-Project-Id": PROJECT, "Accept": "application/json"}
    actions = cycle(ACTIONS)
    with httpx.Client(base_url=url, auth=auth_for(credential), headers=headers, trust_env=False) as client:

        def listed() -> Any:
            return client.get(path, params={"limit": str(page), "offset": "0"}).raise_for_status().json()

        def decided() -> Any:
            content = json.dumps({"action": next(actions), "endpoints": [ENDPOINT]})
            more = {"Content-Type": "application/json"}
            return client.post(f"{path}/action", content=content, headers=more).raise_for_status().json()

        yield {PAGE: listed, ACTION: decided}


@contextmanager
def sdk(url: str, service: str, page: int) -> Iterator[Work]:
    """The vendor's SDK for Python, its client that blocks: it signs, and makes objects of the answer."""
    actions = cycle(ACTIONS)
    credentials = BasicCredentials(KEY, SECRET, PROJECT)
    client = v1.VpcepClient.new_builder().with_credentials(credentials).with_endpoint(url).build()
    listing = v1.ListServiceConnectionsRequest(vpc_endpoint_service_id=service, limit=page, offset=0)

    def decided() -> object:
        body = v1.AcceptOrRejectEndpointRequestBody(action=next(actions), endpoints=[ENDPOINT])
        return client.accept_or_reject_endpoint(v1.AcceptOrRejectEndpointRequest(service, body))

    yield {PAGE: lambda: client.list_service_connections(listing), ACTION: decided}
