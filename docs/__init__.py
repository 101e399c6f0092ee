"""The documentation, and what draws parts of it."""
