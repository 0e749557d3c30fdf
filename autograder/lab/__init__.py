"""The student's side: JupyterLab, checks of a desk, and progress."""
