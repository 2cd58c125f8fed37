"""Configuration of the sites from the Department: versions that are wanted, signed, sent, and answered (D4)."""
