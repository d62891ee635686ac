"""What the product does, one file a noun: reads rows, asks policies, writes rows, tells."""
