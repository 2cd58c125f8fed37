"""Patients' telephones: what the sites say of their tickets, kept for the day, and shown to whoever holds the paper."""
