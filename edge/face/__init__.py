"""Faces on the device: found, judged fit for a picture, and compared. Nothing leaves the machine."""
