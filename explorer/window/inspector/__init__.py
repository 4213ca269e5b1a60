"""What lies beside the map: the picture, the nearest images, and the tabs below."""
