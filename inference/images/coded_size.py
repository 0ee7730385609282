"""Reading of the size of pictures from HEVC and AV1 data; the size in the container may be another one.

AV1 Bitstream & Decoding Process Specification, 5.3 to 5.5; ITU-T H.265, 7.3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from inference.images.bit_reader import BitReader

AV1_SEQUENCE_HEADER = 1
HEVC_SEQUENCE_PARAMETERS = 33
# Maximum number of units. A picture or a configuration has a few units; many empty units would only cost time.
MAX_UNITS = 1_000
# Number of bytes read of a header: enough for all fields before the size, even with 32 operating points.
HEADER_BYTES = 512
# Number of bits in HEVC's `profile_tier_level` without the level.
PROFILE_BITS = 88
CHROMA_444 = 3
HIGH_TIER_LEVELS = 8


def av1_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the largest width and height, in pixels, that each sequence header allows.

    Args:
        data: AV1 open bitstream units (OBUs).

    Raises:
        EOFError: a header is cut off.
        ValueError: more than `MAX_UNITS` units.
    """
    position = 0
    for _ in range(MAX_UNITS):
        if position >= len(data):
            return
        head = data[position]
        position += 2 if head & 4 else 1
        size = len(data) - position
        if head & 2:
            size, position = _leb128(data, position)
        if head >> 3 & 15 == AV1_SEQUENCE_HEADER:
            yield _av1_size(BitReader(data[position : position + min(size, HEADER_BYTES)]))
        position += size
    raise ValueError("too many units")


def hevc_sizes(data: bytes, length_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the width and height, in pixels, in each sequence parameter set.

    Args:
        data: HEVC network abstraction layer (NAL) units; a length field precedes each unit.
        length_bytes: size of each length field, 1 to 4 bytes.

    Raises:
        EOFError: a parameter set is cut off.
        ValueError: more than `MAX_UNITS` units.
    """
    position = 0
    for _ in range(MAX_UNITS):
        if position + length_bytes >= len(data):
            return
        start = position + length_bytes
        size = int.from_bytes(data[position:start], "big")
        position = start + size
        if data[start] >> 1 & 63 == HEVC_SEQUENCE_PARAMETERS:
            yield hevc_size(data[start : start + size])
    raise ValueError("too many units")


def hevc_size(unit: bytes) -> tuple[int, int]:
    """Read the width and height, in pixels, from the unit of a sequence parameter set.

    Raises:
        EOFError: the unit is cut off.
        ValueError: the unit holds an invalid number.
    """
    # Encoders insert a byte of value 3 after two zero bytes, so that no data looks like a start code. Remove them.
    bits = BitReader(unit[2:HEADER_BYTES].replace(b"\0\0\3", b"\0\0"))
    bits.read(4)
    sub_layers = bits.read(3)
    bits.read(1 + PROFILE_BITS + 8)
    present = [(bits.read(1), bits.read(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.read(2 * (8 - sub_layers))
    for profile, level in present:
        bits.read(PROFILE_BITS * profile + 8 * level)
    bits.exp_golomb()
    if bits.exp_golomb() == CHROMA_444:
        bits.read(1)
    return bits.exp_golomb(), bits.exp_golomb()


def _av1_size(bits: BitReader) -> tuple[int, int]:
    bits.read(4)
    if bits.read(1):
        bits.read(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _skip_operating_points(bits: BitReader) -> None:
    decoder_model = delay_bits = 0
    if bits.read(1):
        bits.read(64)
        if bits.read(1):
            bits.exp_golomb()
        decoder_model = bits.read(1)
        if decoder_model:
            delay_bits = bits.read(5) + 1
            bits.read(42)
    display_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) >= HIGH_TIER_LEVELS:
            bits.read(1)
        if decoder_model and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if display_delay and bits.read(1):
            bits.read(4)


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    """Read a number of up to eight bytes with seven bits each; return the number and the position after it."""
    value = 0
    for number, byte in enumerate(data[position : position + 8]):
        value |= (byte & 127) << 7 * number
        if byte < 128:
            return value, position + number + 1
    raise EOFError("expected the end of a number")
