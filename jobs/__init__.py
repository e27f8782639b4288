"""What can be spark-submitted; transforms are pure, storage touches the world."""
