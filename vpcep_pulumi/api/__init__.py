"""The VPCEP REST API as it is. No word of Pulumi, no rule of ours.

``operations`` builds requests and parses answers, ``signing`` and ``retry`` are pure, ``client`` only sends.
"""
