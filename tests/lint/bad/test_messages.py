# mentions PG0901 and PG0902 only
