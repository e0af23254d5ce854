"""Bluesky and any other network of the AT Protocol. `connect` is in `adapter`."""
