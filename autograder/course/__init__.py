"""What the course is made of: units, manifests, the release of student trees, the student's desk."""
