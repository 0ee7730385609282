// Photos as Telegram's apps prepare them: those that are too large are shrunk before they are sent.

// Types that Telegram's apps send as photos; others are sent as files.
const PHOTO_TYPES = ["image/jpeg", "image/png", "image/webp", "image/bmp"];
// Telegram's limit on the sum of a photo's sides, and the long side of the photos that its apps send, in pixels.
const MAX_SIDES_SUM = 10_000;
const LONG_SIDE = 2560;
const JPEG_QUALITY = 0.87;
// Size limit of files that bots can download from Telegram.
export const MAX_BYTES = 20 * 1024 * 1024;

export function isPhoto(file) {
  return PHOTO_TYPES.includes(file.type);
}

// Returns the photo, or a smaller one if it is too large for Telegram. A file that the browser cannot read is returned
// as it is.
export async function shrunk(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width + height <= MAX_SIDES_SUM && file.size <= MAX_BYTES) return file;
    return new File([await drawn(image, Math.min(1, LONG_SIDE / Math.max(width, height)))], file.name, { type: "image/jpeg" });
  } catch {
    return file;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

// Draws an image upright and on white, as a JPEG.
function drawn(image, scale) {
  const size = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(...size);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, ...size);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, ...size);
  return canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
}
