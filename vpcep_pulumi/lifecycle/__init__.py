"""What an approval means. Pure: no I/O, no clock, no Pulumi."""
