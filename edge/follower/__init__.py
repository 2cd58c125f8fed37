"""The standby of a site: it follows the hub, backs up what it has, and becomes the hub where an officer says so."""
