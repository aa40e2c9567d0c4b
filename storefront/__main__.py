"""`python -m storefront …`: the same commands as the `storefront` script."""

from storefront.cli import main

main()
