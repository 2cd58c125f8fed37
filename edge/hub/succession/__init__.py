"""Another machine may become the hub: what it is given beforehand, and how the old one learns that its time is over."""
