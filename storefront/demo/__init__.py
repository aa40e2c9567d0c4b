"""The demo's outer world: a feed that embeds the shop, a mailbox, and the data both are told with.

Only `seed` knows the shop; everything else here is a foreign site that could run without it.
"""
