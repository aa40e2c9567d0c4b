"""Files of products in other people's formats: Shopify's CSV, and Google's feed as a table or XML.
Read and written row by row; nothing here knows a database."""
