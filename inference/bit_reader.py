"""Numbers of any count of bits, as the headers of video coders have them."""

from __future__ import annotations


class BitReader:
    """Reads from the most significant bit of the first byte on.

    Raises:
        EOFError: by its methods, where the bytes end.
    """

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        """Read an unsigned number of `count` bits."""
        if count > self._left:
            raise EOFError("expected more bits")
        self._left -= count
        return self._bits >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """Read an unsigned number in Exp-Golomb coding: `ue(v)` of HEVC, `uvlc()` of AV1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)
