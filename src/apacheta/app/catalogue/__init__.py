"""Aircraft classes that come with the program; a file of the same name beside a sector goes before."""
