"""The datasets of the course: generated, shipped with a package, or downloaded once."""
