"""An engine in small. See ``local-engine`` in the documentation."""
