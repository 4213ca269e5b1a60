"""The tour: its card, and the way from stop to stop."""
