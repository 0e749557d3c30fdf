"""Settings of all property tests that do not choose their own."""

from hypothesis import settings

from reference.tests.effort import tries

settings.register_profile("course", tries())
settings.load_profile("course")
