"""Electronic machine readable travel documents by ICAO Doc 9303, without any input or output: the CCCD's chip."""
