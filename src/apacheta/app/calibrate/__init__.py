"""What looks are worth with a user's own camera, ground and people: measured by decoys who carry a GNSS logger."""
