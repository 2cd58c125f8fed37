"""The catalogue as an administrator edits it: drafts, what differs between two, and files."""
