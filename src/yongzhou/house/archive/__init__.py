"""A continuous archive beside the running city, and the return from it to any moment that it covers.

Below the archive's folder: `base/<time>/` base backups of PostgreSQL, `wal/` its write-ahead log as it streams in,
`lake/` and `files/` every file once written (they never change, so copying once is enough), `bus/<stream>.jsonl` the
messages of the streams with their times, `secrets.sealed` the keys under a passphrase, `audit/head`.
"""
