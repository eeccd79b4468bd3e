"""Models from elsewhere: an archive that no run of this model has trained becomes what one would have left."""
