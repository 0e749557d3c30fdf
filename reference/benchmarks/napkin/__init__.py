"""The benchmark of unit 00, and the measurements and figures of its lecture."""
