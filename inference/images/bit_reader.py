"""A reader of numbers that have any number of bits, for the headers of video codecs."""

from __future__ import annotations

MAX_ZEROS = 32


class BitReader:
    """Reads bits in order, starting at the most significant bit of the first byte.

    Its methods raise EOFError at the end of the bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "big")
        self._remaining_bits = len(data) * 8

    def read(self, count: int) -> int:
        """Read an unsigned number of `count` bits."""
        if count > self._remaining_bits:
            raise EOFError("expected more bits")
        self._remaining_bits -= count
        return self._bits >> self._remaining_bits & (1 << count) - 1

    def exp_golomb(self) -> int:
        """Read an unsigned number in Exp-Golomb coding: `ue(v)` of HEVC, `uvlc()` of AV1.

        Raises:
            ValueError: the number is larger than HEVC and AV1 allow.
        """
        zeros = 0
        while not self.read(1):
            zeros += 1
            # Stop early: reading a bit is slow, since it shifts the number that holds all bytes.
            if zeros > MAX_ZEROS:
                raise ValueError("a number of more than 32 bits")
        return (1 << zeros) - 1 + self.read(zeros)
