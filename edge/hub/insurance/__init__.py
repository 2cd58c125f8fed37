"""Whether health insurance covers a person: asked of the portal of Vietnam Social Security, and kept nowhere (D5)."""
