"""Classes: people, submissions with the time they were received, and a gradebook that survives a crash."""
