"""``moiso-doctor``: looks at everything that a machine of the site needs, and says what to do."""
