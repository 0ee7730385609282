"""The environment variables that child processes need, without secrets."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

NAMES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"}
    # Trusted certificates.
    | {"SSL_CERT_DIR", "SSL_CERT_FILE"}
)
# Settings of Python, of the system's libraries, and of the libraries that run networks.
PREFIXES = (
    *("PYTHON", "LC_", "LD_", "MALLOC_", "GLIBC_", "XDG_"),
    *("GOMP_", "KMP_", "MKL_", "OMP_", "OPENBLAS_"),
    *("CUDA", "HIP_", "HSA_", "NVIDIA_", "ROCR_", "TF_", "XLA_"),
)
# Proxies, certificates and package indexes, for processes that download.
NETWORK_NAME = re.compile(r"(?i:(all|ftp|https?|no)_proxy)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|PIP_\w+")
# Names that are excluded even if they start with one of the prefixes: `TF_VAR_...`, for example, belongs to Terraform.
SECRET_NAME = re.compile(r"(?i)auth|cookie|cred|database|key|passw|private|secret|session|token|_(dsn|file|ur[il])$")


def child_environment(environment: Mapping[str, str] = os.environ, *, network: bool = False) -> dict[str, str]:
    """Return the environment variables for a child process; PYTHONPATH is the module search path of this process.

    Args:
        environment: environment variables of this process.
        network: True to include the addresses of proxies and package indexes, which may contain passwords.
    """
    chosen = {
        name: value
        for name, value in environment.items()
        if name in NAMES
        or (name.startswith(PREFIXES) and not SECRET_NAME.search(name))
        or (network and NETWORK_NAME.fullmatch(name))
    }
    return chosen | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
