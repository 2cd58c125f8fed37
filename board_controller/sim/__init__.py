"""The far ends of the board controller's wires: an LED board, the buttons' pins, a loudspeaker."""
