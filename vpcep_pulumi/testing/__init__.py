"""What a program's own tests use: a simulator of the API and an engine in small. Extra ``testing``."""
