"""What models exist, where, under which sku, with which quota and price; facts with source and date."""
