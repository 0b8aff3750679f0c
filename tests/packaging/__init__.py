"""What `make packages` builds, and what stands in ``packaging/``."""
