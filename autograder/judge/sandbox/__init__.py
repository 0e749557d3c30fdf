"""Build the sandbox: its namespaces, file system, system-call filter, and GPU."""
