"""Reports of results: on the terminal, as a page, in a notebook, as files for other systems."""
