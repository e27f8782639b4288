"""The modules here are what can be spark-submitted or called by make; the packages are what they are made of."""
