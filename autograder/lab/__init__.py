"""Tools for students: JupyterLab, checks of a desk, and progress."""
