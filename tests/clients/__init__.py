"""The clients: that they are of today, and do what they say."""
