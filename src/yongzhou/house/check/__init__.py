"""`yongzhou check`: what the house promises about its own shape, one validator a file, each finding with a remedy."""
