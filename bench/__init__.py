"""How fast, how heavy, how soon ready: `make bench`. Everything on loopback, ended by itself."""
