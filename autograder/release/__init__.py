"""Make the files that students get from the reference: starters, public checks, student trees, desks."""
