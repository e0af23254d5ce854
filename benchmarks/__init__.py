"""What Remit does in a second, and what it keeps when it is killed: `python -m benchmarks.NAME`."""
