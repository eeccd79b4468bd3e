"""Measures of drift beyond AWS's, one module each; `registry` lists them."""
