"""The stand-in for AWS on a laptop: the synthesised template in moto, with functions called and traffic replayed."""
