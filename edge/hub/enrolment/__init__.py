"""Which devices belong to the site: they ask, an administrator approves, they renew, and they can be thrown out."""
