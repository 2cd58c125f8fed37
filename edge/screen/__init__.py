"""What stands between a page and the people before it: the browser, started, watched and started again."""
