"""What lies below the picture, one tab for each thing to do with the map."""
