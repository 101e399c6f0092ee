"""Connections that files list: whoever asks for one adds a row, in a pull request.

A file in YAML reads like a stack configuration; a file in CSV can be edited in a spreadsheet. One of them is enough.
"""

import pulumi

from vpcep_pulumi import approvals_from

SERVICE = "4189d3c2-8882-4871-a3c2-d380272eed88"

own = approvals_from("approvals.yaml", service_id=SERVICE)  # may be the output of another resource as well
partners = approvals_from("partners.csv")

pulumi.export("statuses", {name: approval.status for name, approval in {**own, **partners}.items()})
