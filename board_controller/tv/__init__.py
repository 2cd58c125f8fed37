"""The TVs of the hall: any browser, one page, one stream."""
