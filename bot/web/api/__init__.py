"""Labels over HTTP: a native API, and the APIs of three kinds of existing clients.

All of them share one way from an image to its labels: `labelling.Labelling`.
"""
