"""Pages of the work: the office (Level 1, queue, board) and the rack."""
