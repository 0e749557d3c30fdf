"""Everything that is mounted into the sandbox. Imports nothing else of the course."""
