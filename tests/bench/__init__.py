"""What ``make bench`` measures: one line a figure."""
