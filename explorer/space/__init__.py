"""A space: its arrays, its folder, its card, the catalogue, the folder of a run, views and priors."""
