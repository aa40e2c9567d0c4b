"""What the console shows, read for one merchant at a time: figures, orders, placements, products
and shares. Nothing here writes, and every query starts from the merchant."""
