"""How every program of the site runs: configuration, pages over TLS, readiness, streams and the way to the hub."""
