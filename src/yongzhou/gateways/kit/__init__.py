"""What all doors for machines share: batching, answers after the store's word, time policy, limits, quarantine."""
