"""Data centers: time zone, site hours, closed days, rooms and racks."""
