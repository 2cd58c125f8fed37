"""Marks Vietnamese source sentences of the dashboard; their English stands in ``locale/en.po``."""

N_ = str
