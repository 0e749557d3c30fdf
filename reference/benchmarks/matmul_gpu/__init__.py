"""The benchmark of unit 02, and the counts and figures of its lecture."""
