"""A Debian package a role, around the same plan as ``provisioning/install``."""
