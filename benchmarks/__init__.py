"""Figures that the README quotes, measured on this machine: `make bench`."""
