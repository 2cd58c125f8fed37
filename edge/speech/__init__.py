"""Speech that the hall and the kiosk share: texts as sound, kept on disk, played by a program."""
