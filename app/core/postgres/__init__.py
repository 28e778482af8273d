"""A PostgreSQL of one's own: stock binaries in a folder, no system service, no user added, nothing changed elsewhere.

`running` is all that the rest of the house needs. Whoever comes first starts the server, everybody after that shares
it, and it stops when the last one leaves, however that one leaves.

    supervisor process (its own session)  starts the server, starts it again when it dies, stops it after the last user
    FOLDER/users                          every user holds a shared lock; the kernel lets go of it when they die
    FOLDER/supervisor                     its supervisor holds an exclusive lock
    FOLDER/port, FOLDER/password          where it listens (127.0.0.1 only) and what the role `rackside` signs in with
    FOLDER/data, FOLDER/log               the cluster and the server's own words
"""

from app.core.postgres.sharing import running

__all__ = ["running"]
