"""`python -m storefront …`: the same commands as the `storefront` script."""

from storefront.starting import main

main()
