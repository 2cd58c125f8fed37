"""The printed ticket as a picture: the kiosk prints it, the hub shows it to whoever sets it out.

It opens no file but the fonts, and draws the same dots everywhere.
"""
