"""What a check imports: comparisons, failures, descriptions of values, and timing."""
