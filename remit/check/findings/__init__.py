"""One finding, one module: what it is, a bad and a better playbook, and how it is found."""
