"""Code that is handed out with a unit and is not part of its solution: drawings, examples, tuning spaces."""
