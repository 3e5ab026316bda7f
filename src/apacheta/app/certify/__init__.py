"""What a plan claims to notice, worked out again: from the numbers beside it, or from terrain up."""
