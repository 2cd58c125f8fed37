"""Fees paid without cash: the code that a bank's app scans, and what a counter asks for at the moment."""
