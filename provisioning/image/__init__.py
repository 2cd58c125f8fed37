"""First boot: what is laid on the boot partition of a fresh image, so that a machine installs itself."""
