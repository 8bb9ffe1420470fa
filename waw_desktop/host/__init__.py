"""What the tracker needs to know of the machine it runs on."""
