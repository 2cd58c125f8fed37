"""``moiso-enrol``: a machine gets what it proves itself with, and renews it."""
