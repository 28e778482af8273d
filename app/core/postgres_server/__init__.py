"""The server's side of the embedded PostgreSQL: a small process of its own; needs nothing but Python.

supervisor process (its own session)  starts the server, starts it again when it dies, stops it after the last user
FOLDER/users                          every user holds a shared lock; the kernel lets go of it when they die
FOLDER/supervisor                     its supervisor holds an exclusive lock
FOLDER/port, FOLDER/password          where it listens (127.0.0.1 only) and what the role `rackside` signs in with
FOLDER/data, FOLDER/log               the cluster and the server's own words
"""
