"""The environment of child processes: what they need, and no secret."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

NAMES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"}
    # Whose certificates count.
    | {"SSL_CERT_DIR", "SSL_CERT_FILE"}
)
# Of Python, the system's libraries, and what networks run on.
PREFIXES = (
    *("PYTHON", "LC_", "LD_", "MALLOC_", "GLIBC_", "XDG_"),
    *("GOMP_", "KMP_", "MKL_", "OMP_", "OPENBLAS_"),
    *("CUDA", "HIP_", "HSA_", "NVIDIA_", "ROCR_", "TF_", "XLA_"),
)
# For those that download by proxies, or packages: the ways out, and where packages come from.
NETWORK_NAME = re.compile(r"(?i:(all|ftp|https?|no)_proxy)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|PIP_\w+")
# Whatever a name begins with; TF_VAR_..., for one, is Terraform's.
SECRET_NAME = re.compile(r"(?i)auth|cookie|cred|database|key|passw|private|secret|session|token|_(dsn|file|ur[il])$")


def child_environment(environment: Mapping[str, str] = os.environ, *, network: bool = False) -> dict[str, str]:
    """Choose the variables that a child process gets; it finds the modules that this process finds.

    Args:
        environment: of this process.
        network: whether it gets the addresses of proxies and package indexes, too, which may hold their passwords.
    """
    chosen = {
        name: value
        for name, value in environment.items()
        if name in NAMES
        or (name.startswith(PREFIXES) and not SECRET_NAME.search(name))
        or (network and NETWORK_NAME.fullmatch(name))
    }
    return chosen | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
