"""What is worked out about a space: errors, neighbours, backgrounds, novelty, displacement, metrics."""
