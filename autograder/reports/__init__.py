"""A result for a reader: on the terminal, as a page, in a notebook."""
