"""The benchmark of unit 01, and the measurements and figures of its lecture."""
