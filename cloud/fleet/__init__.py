"""The devices of every site: what they say of themselves, what is wrong with them, and who is told (D4, X5)."""
