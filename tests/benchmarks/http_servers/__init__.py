"""Labels over HTTP: `labelbot serve` beside mosec and LitServe, with the same file and the same decoding.

    python -m tests.benchmarks.http_servers HOME --python PYTHON_WITH_MOSEC_AND_LITSERVE

HOME is that of `labelbot benchmark`, which makes its network of Inception-v3's size. mosec and LitServe are no
dependencies: install them into an environment of their own.
"""
