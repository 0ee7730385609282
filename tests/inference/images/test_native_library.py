from __future__ import annotations

import pytest

from inference.images.native_library import loaded_library, one_blas_thread


def test_matrices_are_multiplied_in_one_thread_for_a_while() -> None:
    library = loaded_library("libscipy_openblas64_")
    if library is None:
        pytest.skip("needs a NumPy with an OpenBLAS of its own, as its wheels have")
    threads = library.scipy_openblas_get_num_threads64_
    before = threads()
    library.scipy_openblas_set_num_threads64_(2)
    try:
        with one_blas_thread():
            assert threads() == 1
        assert threads() == 2
    finally:
        library.scipy_openblas_set_num_threads64_(before)
