"""Workers on the nodes of a Ray cluster.

    pool              a `WorkerProcess` writes a request into its sockets and its shared memory, as for a local worker
    gateway process   a `Relay` per worker reads the request, and sends it over a `Stream` of its own to
    Ray actor         one per worker, on a node; its `HostedWorker` hands the request to
    worker process    `inference.pool.worker`, unchanged, a child of the actor

Ray starts the actors, watches them, and brings them the models. Ray ends a process that it is used in, if the head of
the cluster is gone for a minute. So only the gateway and the actors use Ray. If the gateway ends, all workers have
ended for the pool, and another gateway is started.
"""
