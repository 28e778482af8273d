"""Figures beside their peers: `./rackside bench`. Nothing of the product needs this folder."""
