// Photos, files, stickers and moving pictures inside a bubble.

import { fileUrl } from "./api.js";
import { element, icon } from "./dom.js";

// A bubble is about 360 CSS pixels wide; twice that is sharp on dense screens.
const PREVIEW_PX = 720;
const SHOWN_TYPES = ["image/jpeg", "image/png", "image/webp"];
const MAX_WIDTH_PX = 360;
const MAX_HEIGHT_PX = 360;

export function photoSize(sizes, pixels) {
  const ordered = [...sizes].sort((a, b) => a.width - b.width);
  return ordered.find((size) => Math.max(size.width, size.height) >= pixels) ?? ordered.at(-1);
}

export function describe(message) {
  if (message.photo) return "Photo";
  if (message.document) return message.document.file_name ?? "File";
  if (message.sticker) return `${message.sticker.emoji ?? ""} Sticker`.trim();
  if (message.animation) return "GIF";
  if (message.video) return "Video";
  return "Message";
}

// A one-line summary without the drawn bars, and without what a spoiler hides.
export function summary(message) {
  const text = (withoutSpoilers(message) ?? describe(message)).trim();
  return text.split("\n", 1)[0].replace(/[\u2580-\u25ff]+\s*/g, "");
}

function withoutSpoilers(message) {
  let text = message.text ?? message.caption;
  for (const { type, offset, length } of message.entities ?? message.caption_entities ?? []) {
    if (type === "spoiler") text = text.slice(0, offset) + "•".repeat(length) + text.slice(offset + length);
  }
  return text;
}

export function thumbnail(message) {
  if (message.has_media_spoiler) return null;
  const sizes = message.photo ?? [thumbnailOf(message)].filter(Boolean);
  return sizes.length ? picture(photoSize(sizes, 72), "", "") : null;
}

function thumbnailOf(message) {
  if (message.document) return documentPreview(message.document);
  return (message.sticker ?? message.animation ?? message.video)?.thumbnail;
}

// An image sent as a file is its own preview, if the browser can show it.
function documentPreview(file) {
  return file.thumbnail ?? (SHOWN_TYPES.includes(file.mime_type) ? file : undefined);
}

// The media above a message's text, or null.
export function renderMedia(message) {
  if (message.photo) return photoFigure(message);
  if (message.animation) return movingFigure(message.animation, "GIF");
  if (message.video) return movingFigure(message.video, "Video");
  if (message.sticker) return stickerFigure(message.sticker);
  if (message.document) return documentRow(message.document);
  return null;
}

// An image, or the other node if the browser cannot show it.
function picture(file, alt, otherwise) {
  const image = element("img", { src: fileUrl(file.file_id), alt });
  image.onerror = () => image.replaceWith(otherwise);
  return image;
}

export function photoButton(message) {
  const preview = photoSize(message.photo, PREVIEW_PX);
  const alt = message.caption ? `Photo: ${message.caption}` : `Photo from ${message.from?.first_name ?? "the channel"}`;
  const image = picture(preview, alt, icon("photo"));
  const whole = photoSize(message.photo, Infinity);
  const button = element("button", { type: "button", className: "open", ariaLabel: alt, onclick: () => openViewer(whole, alt) }, image);
  return message.has_media_spoiler ? hidden(button, alt) : button;
}

// Hides a photo under a spoiler until the first click.
function hidden(button, alt) {
  const open = button.onclick;
  button.classList.add("hidden");
  button.ariaLabel = "Hidden photo: show it";
  button.onclick = () => {
    button.classList.remove("hidden");
    button.ariaLabel = alt;
    button.onclick = open;
  };
  return button;
}

function photoFigure(message) {
  return sized(element("div", { className: "media single" }, photoButton(message)), message.photo.at(-1));
}

// Sets the size before the picture loads, so that the layout does not jump.
function sized(node, { width, height }, maxWidth = MAX_WIDTH_PX) {
  const ratio = Math.min(Math.max(width / height, 0.5), 3);
  const shown = Math.min(maxWidth, MAX_HEIGHT_PX * ratio, Math.max(width, 140));
  node.style.setProperty("--ratio", ratio);
  node.style.setProperty("--width", Math.round(shown));
  return node;
}

function movingFigure(file, badge) {
  const still = file.thumbnail ? picture(file.thumbnail, `A still of the ${badge}`, icon("photo")) : null;
  const node = element("div", { className: "media single" }, still, element("span", { className: "badge" }, badge));
  return sized(node, file.thumbnail ?? { width: 320, height: 180 });
}

function stickerFigure(sticker) {
  const file = sticker.is_animated || sticker.is_video ? sticker.thumbnail : sticker;
  const image = file ? picture(file, `Sticker ${sticker.emoji ?? ""}`.trim(), sticker.emoji ?? "Sticker") : sticker.emoji;
  return sized(element("div", { className: "media single" }, image ?? "Sticker"), sticker, 180);
}

function documentRow(file) {
  const preview = documentPreview(file);
  const shown = preview ? picture(preview, "", icon("file")) : icon("file");
  const name = file.file_name ?? "file";
  const anchor = element("a", { href: fileUrl(file.file_id), download: name }, name);
  const details = element("div", {}, anchor, element("small", {}, readableSize(file.file_size)));
  return element("div", { className: "document" }, element("span", { className: "tile" }, shown), details);
}

function readableSize(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function openViewer(size, alt) {
  const viewer = document.getElementById("viewer");
  const image = viewer.querySelector("img");
  image.src = fileUrl(size.file_id);
  image.alt = alt;
  viewer.showModal();
}
