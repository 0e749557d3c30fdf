"""All code of the course that is mounted into the sandbox. It imports nothing else of the course."""
