"""Classes that people teach with a few photos. Only their embeddings are kept; no network is trained."""
