"""Parts: spares that wait for an order, and removed parts on their way to the wipe, the shredder or the maker."""
