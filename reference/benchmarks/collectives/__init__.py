"""The benchmark of unit 03, and the measurements and figures of its lecture."""
