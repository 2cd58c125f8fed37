"""The process that holds the kiosk's camera, its drivers, and the frames in which it sends what the camera sees."""
