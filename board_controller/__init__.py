"""The board controller: what the hall sees and hears, and the officers' buttons."""
