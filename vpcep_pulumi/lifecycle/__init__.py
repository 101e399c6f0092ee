"""The rules of an approval. Pure: no I/O, no clock, no Pulumi."""
