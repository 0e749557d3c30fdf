"""From the reference to what students get: starters, public checks, student trees, desks."""
