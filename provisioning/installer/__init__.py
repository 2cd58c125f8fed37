"""Turns a bare Debian or Raspberry Pi OS into a hub, a kiosk, a board controller or the province's server.

It runs before anything is installed: standard library only. ``roles`` says what a role is, ``plan`` what is to be done
on a machine that looks like these ``facts``, ``apply`` does it.
"""
