"""An open data-quality analyzer that agrees with AWS Model Monitor's."""
