"""Numbers of any count of bits, as the headers of video coders have them."""

from __future__ import annotations

MAX_ZEROS = 32


class BitReader:
    """Reads from the most significant bit of the first byte on.

    Raises:
        EOFError: by its methods, if the bytes end.
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
        """Read an unsigned number in Exp-Golomb coding: `ue(v)` of HEVC, `uvlc()` of AV1.

        Raises:
            ValueError: it is larger than either may have.
        """
        zeros = 0
        while not self.read(1):
            zeros += 1
            # Each costs time as all of the bytes do.
            if zeros > MAX_ZEROS:
                raise ValueError("a number of more than 32 bits")
        return (1 << zeros) - 1 + self.read(zeros)
