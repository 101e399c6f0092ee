"""Dynamic resources that do nothing: what Pulumi itself takes."""

from typing import Any

from pulumi import ResourceOptions, dynamic

INPUTS = {
    "status": "accepted",
    "region": "cn-north-4",
    "project_id": "8042d6d5665853fdae7509099078647e",
    "plan": "receive: the connection, owned by 6e9dfd51d1124e8d8498dce894923a0d, is pendingAcceptance",
}
OUTPUTS = {
    "marker_id": "422321321312321321",
    "domain_id": "6e9dfd51d1124e8d8498dce894923a0d",
    "created_at": "2022-04-14T09:35:47Z",
    "updated_at": "2022-04-14T09:36:47Z",
    "description": "",
    "errors": [],
}


class NoOpProvider(dynamic.ResourceProvider):
    """Gives back what it is given, and the outputs that it is told."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Nothing."""
        more = OUTPUTS if "marker_id" in props.get("told", []) else {}
        kept = {name: value for name, value in props.items() if name != "plan" or not more}
        return dynamic.CreateResult(f"{props['service_id']}/{props['endpoint_id']}", {**kept, **more})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Nothing."""
        return dynamic.DiffResult(changes=False)


class NoOp(dynamic.Resource, module="benchmarks", name="NoOp"):
    """With the inputs that the state holds for an approval; its outputs are its inputs."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__(NoOpProvider(), name, {**INPUTS, **inputs}, opts)


class NoOpWithOutputs(dynamic.Resource, module="benchmarks", name="NoOpWithOutputs"):
    """With an approval's inputs and outputs: every output costs the SDK and the CLI a share of their own."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, **inputs: Any) -> None:
        told = {"told": ["marker_id"], **dict.fromkeys(OUTPUTS)}
        super().__init__(NoOpProvider(), name, {**INPUTS, **told, **inputs}, opts)
