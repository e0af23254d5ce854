"""An embedded platform on loopback, for the demo and for people without credentials."""
