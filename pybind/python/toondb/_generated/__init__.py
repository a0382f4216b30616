"""What scripts/write_surface.py writes from the methods of a store."""
