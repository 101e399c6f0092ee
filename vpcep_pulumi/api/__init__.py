"""The VPCEP REST API as it is, without Pulumi and without this package's own rules.

``operations`` builds requests and parses responses, ``signing`` and ``retry`` are pure, ``client`` only sends.
"""
