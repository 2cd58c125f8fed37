"""What two programs must agree on, and nothing else: commands, events, the snapshot, topics and the brand."""
