"""The rules, one a file, named after their codes; found by looking into this folder."""
