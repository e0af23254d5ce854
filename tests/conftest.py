"""The real servers are at hand in every folder of tests."""

pytest_plugins = ["tests.servers.fixtures"]
