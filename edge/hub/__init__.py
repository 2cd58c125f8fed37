"""The hub: the only writer of the site's truth."""
