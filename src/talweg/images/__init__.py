"""Images: read, write, damage, find what is missing, restore."""
