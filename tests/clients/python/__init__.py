"""The Python client: its rules alone, and its calls with a real dialer."""
