"""The networks: one HTTP client, one registry, one folder a platform."""
